"""A Slurm cluster, used as an ordinary user.

Here: ``launcher`` (start reading here) and ``script``. On the login node: ``agent``, ``launches``,
``commands``,
``states``, ``status``, ``array``. On a compute node: ``job``.
"""
