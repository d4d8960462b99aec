"""Models that jobs made: rows, files, deletion. Start reading at `store.py`."""
