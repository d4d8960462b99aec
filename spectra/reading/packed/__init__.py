"""Packed files: gzip (`gunzip`; `beginning` for a part), bzip2 and xz (`streams`), `lzw` (.Z), FITS tiles.

`tiles` unpacks .fz files, `table_tiles` the tables in them; `tar_headers` checks the headers of tar archives.

Nothing here believes a promised size: every result has a cap.
"""
