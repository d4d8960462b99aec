"""The deploy service: puts models on the air, keeps them there and hands calls on to them.

May import `catalog` and `launchers`. Start reading at `deployment.py` (what is wanted), then `service.py`; a
`controller.py` for each deployment has a `replica_set.py` for each version, of `replica.py`s, each with a
`container.py`; calls come in by `proxy.py` through `gate.py`, and those that nobody waits for by
`predictions_http.py` to `predictions.py`. `client.py`, for callers, needs nothing else of here. Why it is
as it is: ``docs/decisions/deploy.md``.
"""
