"""Deployments for the pages and the JSON API.

Start reading at ``service``, which the handlers call. ``request`` checks a request and makes the objects of
the deploy service from it; ``presentation`` makes JSON of these objects. The package `deploy` runs the
replicas and forwards calls to them.
"""

from dashboard.deployments.service import Deployments

__all__ = ["Deployments"]
