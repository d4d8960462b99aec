"""The way of a call to a replica and of its answer back.

Start reading at ``proxy``; ``upstream`` talks to one replica over a ``connection`` of the
``connection_pool``.
"""
