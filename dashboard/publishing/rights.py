"""Who publishes what: namespaces, and the rights of publishers, maintainers and managers."""

from __future__ import annotations

import re
from collections.abc import Mapping

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


def published_name(
    name: str, namespace: str, identity: Identity, known: Mapping[str, PublishedModule]
) -> str:
    """Return the name, with its namespace, under which somebody publishes a module.

    Parameters
    ----------
    name : str
        Of the module, without a namespace.
    namespace : str
        That of another person, of a module which the identity maintains; empty: that of the identity.
    identity : Identity
        Who publishes.
    known : mapping of str to PublishedModule
        What is published, by name.

    Raises
    ------
    Denied
        If the identity does not maintain the module.
    """
    own = namespace_of(identity.user)
    module = f"{namespace or own}/{name}"
    if namespace not in ("", own):
        found = known.get(module)
        if found is None or not maintains(identity, found):
            raise Denied(f"You do not maintain {module}: leave the namespace out to publish {own}/{name}.")
    return module


def maintains(identity: Identity, module: PublishedModule) -> bool:
    """Return whether an identity may publish and change versions of a module."""
    return identity.has(Role.MANAGER) or identity.user in {module.owner, *module.maintainers}
