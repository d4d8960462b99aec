"""SQL on jobs for users (`jobs.py`), lists of jobs (`listing.py`), their history and live events."""
