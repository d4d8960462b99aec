"""Supervised processes of this machine: what `process` and `udocker` share.

Start reading at ``launcher``, then ``supervised`` (a folder per launch) and ``command_runner`` (the
program beside
each command: it outlives the platform, enforces limits, writes the log and records how the command ended).
"""
