"""A folder of modules, loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from catalog.document import BadDocument
from catalog.module import FILES, Module, file_of
from catalog.search import Index, SearchResult


@dataclass(frozen=True)
class Catalog:
    """Modules by name.

    Attributes
    ----------
    modules : mapping of str to Module
        In alphabetical order of the names.
    broken : list of (Path, str)
        Files that cannot be used, and every problem in them, for the publisher to mend.
    """

    modules: Mapping[str, Module]
    broken: list[tuple[Path, str]] = field(default_factory=list)

    @classmethod
    def load(cls, folder: Path) -> Catalog:
        """Load every module below `folder`; one that is broken does not keep others away.

        A module is a folder with ``module.yaml``, or else ``ai4-metadata.yml``.

        Raises
        ------
        NotADirectoryError
            If `folder` is none.
        """
        if not folder.is_dir():
            raise NotADirectoryError(f"{folder} is not a folder of modules")
        modules: dict[str, Module] = {}
        broken: list[tuple[Path, str]] = []
        for path in sorted({file_of(path.parent) for name in FILES for path in folder.glob(f"*/{name}")}):
            try:
                modules[path.parent.name] = Module.load(path.parent)
            except BadDocument as error:
                broken.append((path, str(error)))
        return cls(modules, broken)

    def search(self, text: str = "", facets: Mapping[str, Sequence[str]] | None = None) -> SearchResult:
        """Find modules; see `catalog.search.Index.search`."""
        return self._index.search(text, facets or {})

    def __iter__(self) -> Iterator[Module]:
        return iter(self.modules.values())

    @cached_property
    def _index(self) -> Index:
        return Index(self.modules.values())
