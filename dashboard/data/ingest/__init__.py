"""From an upload to rows: paths, bytes, indexing, labels."""
