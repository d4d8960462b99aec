"""Changes what the market offers: states of versions, and what is said of a module as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.auth.identity import Accounts, Identity, Role
from dashboard.base.errors import Denied, FieldError, Invalid
from dashboard.base.ownership import Visibility
from dashboard.modules.registry import Modules
from dashboard.modules.versions import PublishedModule, PublishedVersion, VersionState
from dashboard.publishing.rights import maintains


class Offers:
    """Changes published modules.

    Parameters
    ----------
    modules : Modules
        The market, with what is published.
    accounts : callable
        Returns the identity of a user id.
    """

    def __init__(self, modules: Modules, accounts: Accounts) -> None:
        self._modules = modules
        self._accounts = accounts

    async def set_state(
        self, module: str, version: str, state: VersionState, reason: str, identity: Identity
    ) -> PublishedVersion:
        """Deprecate, yank, offer again or release a version; what runs of it runs on.

        Parameters
        ----------
        module, version : str
            Which.
        state : VersionState
            The new state.
        reason : str
            For people.
        identity : Identity
            Who changes it.

        Returns
        -------
        PublishedVersion
            As it is now.

        Raises
        ------
        NotFound, Denied
            If there is no such version, or it is somebody else's, or waits for a review.
        """
        found = self._modules.published.get(module, identity)
        before = found.version(version)
        if not maintains(identity, found):
            raise Denied(f"{module} belongs to {found.owner}.")
        if before.state is VersionState.REVIEW and not identity.has(Role.MANAGER):
            raise Denied(f"{module} {version} waits for a review: a manager or administrator releases it.")
        if state is VersionState.REVIEW:
            raise Invalid("A version that was published does not go back to the review: yank it.")
        await self._modules.published.store.set_state(module, version, state, reason)
        await self._modules.refresh()
        return self._modules.published.get(module).version(version)

    async def set_module(
        self, module: str, changes: Mapping[str, Any], identity: Identity
    ) -> PublishedModule:
        """Feature a module (managers), or say who publishes versions of it and who sees it (its owner).

        Parameters
        ----------
        module : str
            Which.
        changes : mapping
            ``featured``, ``maintainers`` (user ids), ``visibility``, ``project`` and ``owner``; what is left
            out or None stays. The name, with the namespace of the first owner, stays too.
        identity : Identity
            Who changes it.

        Returns
        -------
        PublishedModule
            As it is now.

        Raises
        ------
        NotFound, Denied
            If there is no such module, or it is somebody else's.
        Invalid
            If the project is none of theirs, or the new owner may not publish.
        """
        found = self._modules.published.get(module, identity)
        wanted = {name: value for name, value in changes.items() if value is not None}
        if "featured" in wanted and not identity.has(Role.MANAGER):
            raise Denied("Managers say which modules are featured.")
        if wanted.keys() - {"featured"} and not (identity.admin or identity.user == found.owner):
            raise Denied(f"{module} belongs to {found.owner}.")
        if "visibility" in wanted or "project" in wanted:
            wanted |= _audience(found, wanted, identity)
        if wanted.get("owner", found.owner) != found.owner:
            next_owner = await self._accounts(wanted["owner"])
            if not next_owner.has(Role.PUBLISHER):
                problem = "has no active account with the role publisher"
                raise Invalid(
                    f"{module} cannot be given to {wanted['owner']}.", [FieldError("owner", problem)]
                )
        if "maintainers" in wanted:
            wanted["maintainers"] = list(dict.fromkeys(wanted["maintainers"]))
        if wanted:
            await self._modules.published.store.set_module(module, wanted)
            await self._modules.refresh()
        return self._modules.published.get(module)


def _audience(found: PublishedModule, wanted: Mapping[str, Any], identity: Identity) -> dict[str, Any]:
    """Return the columns that say who sees a module; the project has to be one of theirs."""
    visibility = Visibility(wanted.get("visibility", found.visibility))
    if visibility is not Visibility.PROJECT:
        return {"visibility": str(visibility), "project": None}
    project = wanted.get("project") or found.project
    if not project or not (identity.admin or project in identity.projects):
        problem = f"You are not in the project {project}." if project else "Say whose members see it."
        raise Invalid(problem, [FieldError("project", problem)])
    return {"visibility": str(visibility), "project": project}
