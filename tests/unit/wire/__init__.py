"""Text formats of HTTP."""
