"""Datasets whose files are at an archive: the cache of what was fetched (`cache`), and copies (`pins`).

Start with `cache.ReferenceCache.ensure`, which brings files of a dataset here. `listing` makes such a dataset
of the records of an acquisition, `staging` brings what a job needs before it starts.
"""
