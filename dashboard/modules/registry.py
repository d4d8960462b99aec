"""The modules that can be trained, and what their images say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalog import Catalog, Module


@dataclass(frozen=True)
class Described:
    """What is known of a module's parameters.

    Attributes
    ----------
    state : str
        ``ready``; ``asking``: the image is being asked; ``failed``: see `reason`, it is tried again.
    description : Mapping or None
        contracts.md section 5: ``{"name","title","kind","needs_labels","default_recipe","train","predict","steps"}``.
    image : str
        The image that said so, by digest.
    """

    state: str
    description: Mapping[str, Any] | None
    reason: str = ""
    image: str = ""


class Modules:
    """The catalog, and the descriptions."""

    @property
    def catalog(self) -> Catalog:
        """What `modules/` holds; ``catalog.broken`` are the folders that cannot be used."""
        raise NotImplementedError

    def get(self, name: str) -> Module:
        """Return a module's metadata; `NotFound` names the nearest."""
        raise NotImplementedError

    def described(self, name: str) -> Described:
        """Return what is known now; never waits."""
        raise NotImplementedError

    async def description(self, name: str) -> Mapping[str, Any]:
        """Return the description, asking the image if need be; `Unavailable` with the reason."""
        raise NotImplementedError
