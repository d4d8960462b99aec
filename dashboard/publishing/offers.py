"""Changes what the market offers: states of versions, and what is said of a module as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.auth.identity import Identity, Role
from dashboard.base.errors import Denied, Invalid
from dashboard.modules.registry import Modules
from dashboard.modules.versions import PublishedModule, PublishedVersion, VersionState
from dashboard.publishing.rights import maintains


class Offers:
    """Changes published modules.

    Parameters
    ----------
    modules : Modules
        The market, with what is published.
    """

    def __init__(self, modules: Modules) -> None:
        self._modules = modules

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
        found = self._modules.published.get(module)
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
        self, module: str, identity: Identity, *, featured: bool | None, maintainers: Sequence[str] | None
    ) -> PublishedModule:
        """Feature a module (managers), or say who publishes versions of it (its owner).

        Parameters
        ----------
        module : str
            Which.
        identity : Identity
            Who changes it.
        featured : bool or None
            Whether the market shows it first; None: as it is.
        maintainers : sequence of str or None
            User ids; None: as they are.

        Returns
        -------
        PublishedModule
            As it is now.

        Raises
        ------
        NotFound, Denied
            If there is no such module, or it is somebody else's.
        """
        found = self._modules.published.get(module)
        if featured is not None and not identity.has(Role.MANAGER):
            raise Denied("Managers say which modules are featured.")
        if maintainers is not None and not (identity.admin or identity.user == found.owner):
            raise Denied(f"{module} belongs to {found.owner}.")
        await self._modules.published.store.set_module(module, featured=featured, maintainers=maintainers)
        await self._modules.refresh()
        return self._modules.published.get(module)
