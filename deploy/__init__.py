"""The deploy service: puts models on the air, keeps them there and proxies calls to them.

May import `catalog` and `launchers`. Start reading at `deployment.py`, then `service.py`.
"""
