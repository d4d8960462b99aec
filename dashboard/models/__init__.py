"""Models that jobs made: rows in `store`, their files in `folders`. Start reading at `store.py`."""
