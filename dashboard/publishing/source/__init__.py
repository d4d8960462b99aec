"""Where a module to check or publish comes from. Start reading at `tree.py`."""
