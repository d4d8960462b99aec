"""Signing in by a provider, linking and unlinking: what the pages call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.auth.account import AccountState
from dashboard.auth.accounts import AccountStore
from dashboard.auth.identity import Identity
from dashboard.auth.oidc.claims import person_of
from dashboard.auth.oidc.errors import ProviderDenied, StaleFlow
from dashboard.auth.oidc.flows import Flow, FlowStore
from dashboard.auth.oidc.id_token import SKEW_S
from dashboard.auth.oidc.joining import Joining
from dashboard.auth.oidc.logout_token import session_hash
from dashboard.auth.oidc.provider import Provider
from dashboard.auth.oidc.provider_accounts import ProviderAccount, ProviderAccountStore
from dashboard.auth.sessions import Caller, Sessions
from dashboard.auth.throttle import Throttle
from dashboard.base import clock
from dashboard.base.errors import Conflict, Denied, NotFound, TooMany
from dashboard.settings import ProviderSettings

ERROR_CODE = re.compile(r"[a-z_]{1,40}")
HOW = "provider "  # before its name, in sessions and in the audit log
LOG_OUTS = (200, 1.0, 60.0)  # from one address: each makes this platform ask the provider for its keys


@dataclass(frozen=True)
class Returned:
    """With what a browser came back from a provider.

    Attributes
    ----------
    code, state, error, issuer : str
        Of the address.
    browser : str
        Of the cookie.
    """

    code: str
    state: str
    error: str
    issuer: str
    browser: str


@dataclass(frozen=True)
class Joined:
    """What came of it.

    Attributes
    ----------
    user : str
        Whose account.
    token : str
        Of a new session; empty: the provider was linked to the account of somebody who is signed in.
    next : str
        Where the browser goes now.
    created : bool
        Whether the account is new.
    """

    user: str
    token: str
    next: str
    created: bool = False


@dataclass(frozen=True)
class Ended:
    """Which sessions a provider ended: whose (empty: the token did not say), and their ids."""

    user: str
    sessions: tuple[str, ...]


class ProviderSignIn:
    """Signs people in by the providers of the settings.

    Parameters
    ----------
    providers : mapping
        Name to settings.
    accounts : AccountStore
        The accounts.
    sessions : Sessions
        Opens sessions.
    flows : FlowStore
        Browsers that are at a provider.
    ways : ProviderAccountStore
        Who signs in to which account.
    joining : Joining
        Finds or makes the account.
    """

    def __init__(
        self,
        providers: Mapping[str, ProviderSettings],
        *,
        accounts: AccountStore,
        sessions: Sessions,
        flows: FlowStore,
        ways: ProviderAccountStore,
        joining: Joining,
    ) -> None:
        self._providers = {name: Provider(name, settings) for name, settings in providers.items()}
        self._accounts = accounts
        self._sessions = sessions
        self._flows = flows
        self._ways = ways
        self._joining = joining
        self._log_outs = Throttle(*LOG_OUTS)

    @property
    def listed(self) -> list[dict[str, str]]:
        """The providers, as the pages show them."""
        return [{"name": one.name, "title": one.title} for one in self._providers.values()]

    def get(self, name: str) -> Provider:
        """Return a provider.

        Raises
        ------
        NotFound
            If the settings have none of that name.
        """
        if name not in self._providers:
            raise NotFound(f"There is no provider {name} to sign in by.")
        return self._providers[name]

    async def begin(
        self, name: str, redirect_uri: str, *, to: str = "/", session: str = "", caller: Caller
    ) -> tuple[str, Flow]:
        """Return where a browser goes for signing in, and the flow, whose cookie it takes along.

        Parameters
        ----------
        name : str
            The provider.
        redirect_uri : str
            Where it comes back.
        to : str
            Where it goes then.
        session : str
            Token of the session to whose user the provider is to be linked; empty: somebody signs in.
        caller : Caller
            Who asks.

        Raises
        ------
        NotFound, ProviderAway, TooMany
            If there is no such provider, it does not answer, or very many sign-ins were begun.
        """
        provider = self.get(name)
        await provider.ready()
        flow = await self._flows.begin(name, to, session, caller)
        address = await provider.begin(
            redirect_uri=redirect_uri, state=flow.state, nonce=flow.nonce, verifier=flow.verifier
        )
        return address, flow

    async def finish(self, name: str, redirect_uri: str, came: Returned, caller: Caller) -> Joined:
        """Sign somebody in, or link the provider to their account.

        Parameters
        ----------
        name : str
            The provider from which the browser says it comes.
        redirect_uri : str
            As for `begin`.
        came : Returned
            With what.
        caller : Caller
            Who asks.

        Raises
        ------
        NotFound, ProviderAway
            If there is no such provider, or it does not answer.
        StaleFlow
            If it is no sign-in that this browser began.
        ProviderDenied
            If the provider denied it, its tokens are not valid, or there is no account to sign in to.
        Conflict
            If it is linked to somebody else's account.
        """
        provider = self.get(name)
        flow = await self._flows.take(came.state, came.browser)
        if flow is None or flow.provider != name or not provider.checks_issuer(came.issuer):
            raise StaleFlow()
        if came.error or not came.code:
            code = came.error if ERROR_CODE.fullmatch(came.error) else "no code"
            raise ProviderDenied(f"{provider.title} did not sign you in ({code}).", f"provider: {code}")
        told = await provider.finish(
            came.code, redirect_uri=redirect_uri, nonce=flow.nonce, verifier=flow.verifier
        )
        person = person_of(told.issuer, told.claims, provider.settings)
        if flow.session:
            user = await self._sessions.user_of(flow.session)
            if user is None:
                raise ProviderDenied("You signed out meanwhile: sign in, and link again.", "signed out")
            await self._ways.link(person, user, managed=False)
            return Joined(user, "", flow.next)
        account, created = await self._joining.account(provider, person)
        await self._accounts.signed_in(account.name)
        ended_by = session_hash(told.issuer, told.claims.get("sid"))
        token = await self._sessions.open(account.name, f"{HOW}{name}", caller, ended_by)
        return Joined(account.name, token, flow.next, created)

    async def require_linkable(self, identity: Identity) -> None:
        """Return if a provider can be linked to the account of somebody.

        Raises
        ------
        Denied
            If it is the local owner, who has no account, or an API token.
        """
        account = await self._accounts.find(identity.user)
        if account is None or account.state is not AccountState.ACTIVE or identity.scopes is not None:
            raise Denied("A provider is linked to an account, by its user in a browser.")

    async def ways(self, user: str) -> list[dict[str, Any]]:
        """Return the linked providers of a user, as the pages show them."""
        titles = {one.issuer: one.title for one in self._providers.values()}
        return [
            {
                "id": way.id,
                "title": titles.get(way.issuer, way.issuer),
                "email": way.email,
                "managed": way.managed,
                "usable": way.issuer in titles,
                "created": way.created,
                "last_sign_in": way.last_sign_in,
            }
            for way in await self._ways.of_user(user)
        ]

    async def unlink(self, user: str, identifier: str, *, keep_one: bool = True) -> str:
        """Remove a way to sign in, and return the issuer.

        Parameters
        ----------
        user : str
            Whose.
        identifier : str
            Its id.
        keep_one : bool
            Whether the last way stays; an administrator removes it, too.

        Raises
        ------
        NotFound
            If the user has no such way.
        Conflict
            If it is the last one.
        """
        ways = await self._ways.of_user(user)
        found = next((way for way in ways if way.id == identifier), None)
        if found is None:
            raise NotFound(f"There is no linked provider {identifier}.")
        if keep_one and not await self._other_way(user, found, ways):
            raise Conflict("This is your last way to sign in: choose a password before you unlink it.")
        await self._ways.unlink(found)
        return found.issuer

    async def _other_way(self, user: str, found: ProviderAccount, ways: Any) -> bool:
        usable = {one.issuer for one in self._providers.values()}
        others = [way for way in ways if way.id != found.id and way.issuer in usable]
        return bool(others) or bool(await self._accounts.password_hash(user))

    async def log_out(self, name: str, token: str, caller: Caller) -> Ended:
        """End sessions that a provider says have ended there (OpenID Connect Back-Channel Logout 1.0).

        Parameters
        ----------
        name : str
            The provider that says so.
        token : str
            Its logout token.
        caller : Caller
            Who sent it.

        Raises
        ------
        NotFound, ProviderAway
            If there is no such provider, or its keys cannot be fetched.
        TooMany
            If very many came from there.
        ProviderDenied
            If the token is not valid.
        """
        provider = self.get(name)
        if wait := self._log_outs.wait_s(caller.address):
            raise TooMany("Too many sessions were ended from there. Try again in a minute.", int(wait) + 1)
        self._log_outs.failed(caller.address)
        told = await provider.logged_out(token)
        way = await self._ways.of(told.issuer, told.subject) if told.subject else None
        if told.subject and way is None:
            return Ended("", ())  # nobody here: there is nothing to end
        user = way.user if way else ""
        ended = await self._sessions.end_of_provider(
            user,
            f"{HOW}{name}",
            provider_session=session_hash(told.issuer, told.session),
            opened_before=clock.of_seconds(told.issued + SKEW_S),
        )
        return Ended(user, tuple(ended))

    async def end_session_address(self, how: str) -> tuple[str, str]:
        """Return the title of the provider by which a session was opened, and where one signs out there.

        Parameters
        ----------
        how : str
            How its user signed in, as the session has it.
        """
        provider = self._providers.get(how.removeprefix(HOW)) if how.startswith(HOW) else None
        return (provider.title, await provider.end_session_address()) if provider else ("", "")
