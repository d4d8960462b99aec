"""Trials in which the platform is killed: ``trial`` is the harness, ``__main__`` runs it manually.

``life`` is one life of the real platform, in a process of its own; ``staged`` puts ``runner`` (and a ledger
that lies outside of the platform) in place of the module, on any kind of node: give `Trial` a `NodePlan`
each.
"""
