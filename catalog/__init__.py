"""Module metadata: schema, loading, search, export. Imports nothing else of Huggins.

What lives here
    ``catalog``     `Catalog`: a folder of modules, loaded; the broken ones are listed, not fatal. Start here
    ``module``      `Module`: one module as the rest of the platform sees it
    ``schema``      what a ``module.yaml`` may say: AI4 metadata 2.x and one key of ours
    ``vocabulary``  AI4's closed lists
    ``document``    reading YAML that somebody else wrote, safely
    ``search``      free text and facets
    ``export``      AI4 metadata, JSON-LD, OCI labels
"""

from catalog.catalog import Catalog
from catalog.document import BadDocument
from catalog.module import Module, Quality, Spectral, TrainingSet
from catalog.search import SearchResult

__all__ = ["BadDocument", "Catalog", "Module", "Quality", "SearchResult", "Spectral", "TrainingSet"]
