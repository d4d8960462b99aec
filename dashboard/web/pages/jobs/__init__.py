"""Handlers of jobs: the list, one job, its results and the views of its report. Start at `jobs.py`."""
