"""Handlers of deployments: their settings, versions, tokens, calls and asynchronous predictions.

Start at `deployments.py`, which has what the others share.
"""
