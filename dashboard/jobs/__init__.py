"""Jobs: requests to train or predict, and the supervisor that runs them.

- `job.py` and `request.py` are the vocabulary; `failure.py` and `retry_policy.py` name failures and retries;
  `fairness.py` orders waiting jobs.
- `folder/` writes, follows and reads the job folder (contracts.md, sections 6 and 7).
- `store/` is what users do with jobs: create, list, abort, retry, delete.
- `submit/` checks requests.
- `supervisor/` makes the nodes match the rows.

Layers point from `supervisor` and `submit` over `store` and `folder` to the vocabulary. Start reading at
`supervisor/decision.py`, a pure function, then `supervisor/supervisor.py`, the loop that acts on it.
"""
