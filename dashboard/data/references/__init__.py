"""Datasets whose files are at an archive: the cache of what was fetched (`cache`), and copies (`service`).

Start with `cache.ReferenceCache.ensure`, which brings files of a dataset here. `staging` brings what a job
needs before it starts.
"""
