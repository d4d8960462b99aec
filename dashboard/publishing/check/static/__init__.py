"""Checks that read a module's files and run nothing. Start reading at `static.py`."""
