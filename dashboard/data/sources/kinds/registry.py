"""All kinds of sources by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dashboard.data.sources.kinds import (
    doi,
    ftp,
    http_file,
    http_index,
    s3,
    ssa,
    tap,
    votable_list,
    webdav,
)
from dashboard.data.sources.source import SourceKind

#: Name to kind, in the order of the form.
KINDS: Mapping[str, SourceKind] = MappingProxyType(
    {
        one.name: one
        for one in (
            http_file.KIND,
            http_index.KIND,
            votable_list.KIND,
            ssa.KIND,
            tap.KIND,
            ftp.KIND,
            webdav.KIND,
            s3.KIND,
            doi.KIND,
        )
    }
)
