"""From bytes to rows: uploads, indexing, labels. Start reading at `upload_service.py`, then `indexer.py`."""
