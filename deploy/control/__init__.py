"""Makes the desired state of deployments true.

Start reading at ``controller``: one per deployment, with a ``replica_set`` per version, made of
``replica``s, each
with a ``container``. ``autoscaler`` says how many, ``node_placement`` where.
"""
