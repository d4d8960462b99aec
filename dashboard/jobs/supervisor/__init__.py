"""The supervisor: places waiting jobs, reconciles each job with what its node reports, records ends.

Start reading at `decision.py` (what to do next, pure) and `supervisor.py` (the loop). `reconciler.py` acts on
one job, `observer.py` looks at its attempt, `placement.py` chooses nodes, `completion.py` records ends,
`retry.py` schedules the next attempt, `lease.py` lets one of several supervisors act, `store.py` is what they
write.
"""
