"""Where a version comes from, beside a packed folder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Repository:
    """A git repository to publish from.

    Attributes
    ----------
    url : str
        Address.
    ref : str
        Branch, tag or commit; empty: the default branch.
    """

    url: str
    ref: str = ""

    def __str__(self) -> str:
        return f"{self.url}@{self.ref}" if self.ref else self.url


@dataclass(frozen=True)
class ExistingImage:
    """An image of a registry, which is published without a build.

    Attributes
    ----------
    name : str
        With registry, and tag or digest.
    """

    name: str

    def __str__(self) -> str:
        return self.name


Origin = Repository | ExistingImage | None  # None: a packed folder, which is unpacked already
