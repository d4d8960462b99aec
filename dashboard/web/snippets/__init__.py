"""Commands and programs that a person can copy from a page."""
