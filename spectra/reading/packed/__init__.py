"""Packed files beside gzip: bzip2 and xz (`streams`), compress's .Z (`lzw`), tile-compressed FITS (`tiles`).

Nothing here believes a promised size: every result has a cap.
"""
