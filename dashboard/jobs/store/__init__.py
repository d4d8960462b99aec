"""SQL on jobs: `jobs.py` changes them, `job_queries.py` reads them, `listing.py` finds the pages of lists.

`conditions.py` and `order.py` are the parts of a list; `supervised_jobs.py` is what the supervisor reads.
"""
