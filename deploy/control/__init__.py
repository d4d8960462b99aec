"""Replicas: from the desired state of deployments to containers on nodes.

Start reading at ``controller``. There is one controller per deployment (``controllers`` holds them all),
with a ``replica_set`` per version, each with ``replica``s, each with a ``container``. ``autoscaler``
computes their number, ``node_placement`` chooses their nodes.
"""
