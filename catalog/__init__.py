"""Module metadata: schema, loading, search, export. Imports nothing else of Huggins.

``catalog``     `Catalog`: a folder of modules, loaded; invalid ones are listed with the reason. Start here
``search``      free text and facets
``export``      a module as AI4 metadata, JSON-LD, OCI labels
``module``      `Module`: one module as the rest of the platform sees it
``schema``      what a ``module.yaml`` may say: AI4 metadata 2.x and the key ``huggins``
``image``       names of images, and their pages
``document``    reading of YAML that is not trusted
``vocabulary``  AI4's closed lists
"""

from catalog.catalog import Catalog
from catalog.document import BadDocument
from catalog.module import Module, Quality, Spectral, TrainingSet, local_name
from catalog.search import SearchResult

__all__ = [
    "BadDocument",
    "Catalog",
    "Module",
    "Quality",
    "SearchResult",
    "Spectral",
    "TrainingSet",
    "local_name",
]
