"""Who publishes what: namespaces, and the rights of publishers, maintainers and managers."""

from __future__ import annotations

import re

from dashboard.auth.identity import Identity, Role
from dashboard.base.errors import Denied
from dashboard.modules.offered import OWN_NAMESPACE
from dashboard.modules.versions import PublishedModule


def namespace_of(user: str) -> str:
    """Return the namespace of a user: letters, digits and hyphens of the user id."""
    name = re.sub(r"[^a-z0-9]+", "-", user.casefold()).strip("-") or "user"
    return f"user-{name}" if f"{name}/" == OWN_NAMESPACE else name


def require_publisher(identity: Identity) -> None:
    """Return if an identity may publish.

    Raises
    ------
    Denied
        If it may not.
    """
    if not identity.has(Role.PUBLISHER):
        raise Denied("Publishing needs the role publisher: ask an administrator for it.")


def maintains(identity: Identity, module: PublishedModule) -> bool:
    """Return whether an identity may publish and change versions of a module."""
    return identity.has(Role.MANAGER) or identity.user in {module.owner, *module.maintainers}
