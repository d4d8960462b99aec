"""Deployments as the pages and the API know them.

`service.py` is what handlers call; `wish.py` makes of a person's wish what the deploy service keeps;
`showing.py` makes JSON of it. What keeps replicas and hands calls on is the room `deploy`.
"""

from dashboard.deployments.service import Deployments

__all__ = ["Deployments"]
