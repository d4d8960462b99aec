"""The rows of the matrix of what can be followed live: each topic of `/live`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dashboard.web.permissions import rows
from dashboard.web.permissions.permission import Permission, row

SILENT: Final = row(
    "list",
    "As a list; visitors may listen, and hear nothing.",
    visitor="– hidden hidden hidden",
    viewer="listed listed hidden listed",
    admin="listed listed listed listed",
)
#: A topic to its row. A topic of one object names it after the colon.
TOPICS: Final[Mapping[str, Permission]] = {
    "modules": rows.SHOWN,
    "datasets": rows.PUBLIC_LIST,
    "models": rows.PUBLIC_LIST,
    "deployments": rows.PUBLIC_LIST,
    "jobs": SILENT,
    "label_sets": SILENT,
    "learning": SILENT,
    "sources": SILENT,
    "nodes": SILENT,
    "dataset:{dataset}": rows.PUBLIC_READ,
    "model:{model}": rows.PUBLIC_READ,
    "deployment:{deployment}": rows.PUBLIC_READ,
    "job:{job}": rows.READ,
    "label_set:{label_set}": rows.READ,
    "learning_session:{learning_session}": rows.READ,
    "source:{source}": rows.READ,
    "node:{node}": rows.READ,
    "settings": rows.SHOWN,  # nothing is said there but that a page may read again
}
