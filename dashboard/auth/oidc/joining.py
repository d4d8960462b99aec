"""Which account somebody from a provider signs in to: their own, one of the same address, or a new one."""

from __future__ import annotations

from dashboard.auth.account import Account, AccountState
from dashboard.auth.accounts import AccountStore
from dashboard.auth.identity import SYSTEM
from dashboard.auth.oidc.claims import ProviderPerson, account_names, projects_of, role_of
from dashboard.auth.oidc.errors import ProviderDenied
from dashboard.auth.oidc.provider import Provider
from dashboard.auth.oidc.provider_accounts import ProviderAccountStore
from dashboard.auth.projects import ProjectStore
from dashboard.base.errors import Conflict

SHOWN_GROUPS = 10


class Joining:
    """Finds or makes the account of somebody from a provider, and gives it their roles and projects.

    Parameters
    ----------
    accounts : AccountStore
        The accounts here.
    ways : ProviderAccountStore
        Who signs in to which.
    projects : ProjectStore
        The projects.
    open_to_new : bool
        Whether a provider's word is enough for a new account.
    """

    def __init__(
        self, accounts: AccountStore, ways: ProviderAccountStore, projects: ProjectStore, *, open_to_new: bool
    ) -> None:
        self._accounts = accounts
        self._ways = ways
        self._projects = projects
        self._open_to_new = open_to_new

    async def account(self, provider: Provider, person: ProviderPerson) -> tuple[Account, bool]:
        """Return the account that somebody signs in to.

        An account that a provider made has the roles of its groups, anew at each sign-in. One that was linked
        keeps its own. Projects of the mapping have as members whom the provider says.

        Parameters
        ----------
        provider : Provider
            Where they come from.
        person : ProviderPerson
            Who they are there.

        Returns
        -------
        Account, bool
            The account, and whether it was made just now.

        Raises
        ------
        ProviderDenied
            If there is none to sign in to; with what to do.
        """
        way = await self._ways.find(person)
        known = await self._accounts.find(way.user) if way else None
        made = False
        if known is None:
            known = await self._of_address(provider, person)
            made = known is None
            account = known or await self._created(provider, person)
            await self._ways.link(person, account.name, managed=made)
        else:
            account = known
            if account.state is AccountState.DISABLED:
                raise ProviderDenied("This account is disabled: ask an administrator.", "disabled")
            if way and way.managed:
                account = await self._with_role(provider, person, account)
        theirs, decided = projects_of(person, provider.settings)
        await self._projects.follow(account.name, theirs, decided)
        await self._ways.signed_in(person)
        return account, made

    async def _of_address(self, provider: Provider, person: ProviderPerson) -> Account | None:
        """Return the account of the same address, where a provider may sign in to it."""
        found = await self._accounts.by_email(person.email) if person.email else None
        if found is None:
            return None
        # Not merely alike: other spellings of an address can be other mailboxes.
        same = person.email.casefold() == found.email.casefold() and found.state is not AccountState.DISABLED
        if not (provider.settings.link_by_email and same):
            raise ProviderDenied(
                f"There is an account with the e-mail address {person.email}. Sign in to it in another way, "
                f"and link {provider.title} on the page Settings.",
                "address of another account",
            )
        await self._accounts.activate(found.name)
        return found

    async def _created(self, provider: Provider, person: ProviderPerson) -> Account:
        role = role_of(person, provider.settings)
        if not self._open_to_new:
            raise ProviderDenied(
                f"No account here is linked to yours at {provider.title}: ask an administrator for an "
                "invitation.",
                "registration closed",
            )
        if role is None:
            raise _without_role(provider, person)
        for name in account_names(person):
            if (
                await self._accounts.find(name) is not None
            ):  # nobody takes a name over, also not a deleted one
                continue
            try:
                return await self._accounts.create(
                    name,
                    SYSTEM,
                    title=person.title,
                    email=person.email,
                    roles=(role,),
                    state=AccountState.ACTIVE,
                )
            except Conflict as error:
                if any(one.field == "email" for one in error.errors):
                    raise ProviderDenied(error.detail, "address of another account") from error
        raise ProviderDenied("No name is free for your account: ask an administrator.", "no name")

    async def _with_role(self, provider: Provider, person: ProviderPerson, account: Account) -> Account:
        """Give an account the role of its groups; without one it may do nothing any more."""
        role = role_of(person, provider.settings)
        wanted = frozenset({role}) if role else frozenset()
        if account.roles != wanted:
            try:
                account = await self._accounts.change(account.name, {"roles": tuple(wanted)}, SYSTEM)
            except Conflict:  # the last administrator stays one: else nobody could change anything
                return account
        if role is None:
            raise _without_role(provider, person)
        return account


def _without_role(provider: Provider, person: ProviderPerson) -> ProviderDenied:
    shown = ", ".join(person.groups[:SHOWN_GROUPS]) + (", …" if len(person.groups) > SHOWN_GROUPS else "")
    told = (
        f"none of your groups there ({shown}) may use this platform"
        if shown
        else "it names no groups of yours"
    )
    return ProviderDenied(
        f"{provider.title} knows you, but {told}. Ask an administrator of this platform for access.",
        "groups map to nothing",
    )
