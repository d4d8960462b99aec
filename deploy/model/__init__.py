"""What a deployment is.

Its desired state (``deployment``), its observed ``status``, and both in the database.
"""
