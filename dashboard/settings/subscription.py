"""``modules.catalogs``: catalogs of other platforms that are followed."""

from __future__ import annotations

import re
from dataclasses import dataclass

#: Between the name of a catalog and the namespace of a module in it; no namespace of our own holds it.
BETWEEN = "--"
_SUBSCRIPTION = re.compile(
    r"(?P<name>[a-z][a-z0-9]{0,30})=(?P<address>https?://[^\s#]+)#(?P<key>[A-Za-z0-9+/]{43}=)"
)


@dataclass(frozen=True)
class Subscription:
    """A catalog to follow.

    Attributes
    ----------
    name : str
        Begins the namespaces of its modules.
    address : str
        Of its ``catalog.json``.
    key : str
        The public key of its platform, in base64: without it, what a network sends would be believed.
    """

    name: str
    address: str
    key: str

    @classmethod
    def parse(cls, text: str) -> Subscription:
        """Read ``NAME=ADDRESS#KEY``.

        Raises
        ------
        ValueError
            If it is none.
        """
        found = _SUBSCRIPTION.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text!r} is no NAME=ADDRESS#KEY, with the key of that platform's catalog.json")
        return cls(found["name"], found["address"], found["key"])

    def local(self, module: str) -> str:
        """Return how a module of the catalog is called here."""
        return f"{self.name}{BETWEEN}{module}"
