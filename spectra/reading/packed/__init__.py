"""Packed files: gzip (`gunzip`; `beginning` for a part), bzip2 and xz (`streams`), `lzw` (.Z), `tiles` (.fz).

Nothing here believes a promised size: every result has a cap.
"""
