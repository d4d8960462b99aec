"""The reverse proxy: from a call to a replica, and its answer back.

Start reading at ``proxy``; ``upstream`` talks to one replica over a ``connection`` of the
``connection_pool``.
"""
