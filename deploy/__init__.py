"""The deploy service: runs the replicas of deployed models and forwards calls to them.

May import `catalog` and `launchers`. Layers, from the top; each may import those below it:

- ``application``: the service as an HTTP application of its own (`huggins gateway`).
- ``service``: composes the parts below and follows changes in the database.
- ``deferred``: asynchronous predictions, accepted at once and made later.
- ``gateway``: the reverse proxy, from a call to a replica and back.
- ``control``: replicas, from the desired state to containers on nodes.
- ``access``: authorization, tokens and usage.
- ``model``: a deployment, its versions and status, and their storage.

``client`` is a file for callers that imports nothing of this package. Start reading at ``model.deployment``
(the desired state), then ``service``. Design and reasons: ``docs/decisions/deploy.md``.
"""
