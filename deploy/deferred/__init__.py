"""Asynchronous predictions: accepted with 202, written to disk, made in turn, kept for some hours.

Start reading at ``service``; ``http`` is its interface, ``worker`` makes the predictions.
"""
