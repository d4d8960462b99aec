"""Start, watch, stop and find a container on a node, behind one protocol (`base.py`).

Imports nothing else of Huggins.
"""
