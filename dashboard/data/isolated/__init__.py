"""Functions that read untrusted files, and the process pool that runs them. Start at `process_pool.py`."""
