"""Signing in by name and password, with a second factor where there is one; choosing a password."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.auth.account import Account, AccountState
from dashboard.auth.accounts import AccountStore
from dashboard.auth.identity import Identity, Role
from dashboard.auth.links import PASSWORD, LinkKind, LinkStore
from dashboard.auth.passwords import Passwords, require_strength
from dashboard.auth.second_factor.factors import SecondFactors, wrong_code
from dashboard.auth.sessions import NOBODY, Caller, Sessions
from dashboard.auth.throttle import Throttle
from dashboard.base.errors import Conflict, FieldError, Invalid, TooMany, Unauthenticated

# Failures of one name delay that name for everybody; those of one address also other names.
OF_NAME = (5, 5.0, 900.0)
OF_ADDRESS = (30, 5.0, 900.0)
WRONG = "The name or the password is wrong."
OLD_LINK = "This link was used or is too old: ask an administrator for a new one."
BY_PASSWORD = "password"  # noqa: S105 the name of a way, not a password


@dataclass(frozen=True)
class SignedIn:
    """A new session.

    Attributes
    ----------
    user : str
        Whose.
    token : str
        Of the session.
    recovery_codes : tuple of str
        Of a second factor that was set up with this sign-in.
    """

    user: str
    token: str
    recovery_codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeNeeded:
    """The password was right; a code of the second factor is still to come.

    Attributes
    ----------
    user : str
        Whose.
    challenge : str
        Token that is sent with the code.
    secret : str
        Of a second factor that has to be set up first; empty: the user has one.
    """

    user: str
    challenge: str
    secret: str = ""


class SignIn:
    """Checks names and passwords, and opens sessions.

    Unknown and disabled names are answered as wrong passwords are, after the same work.

    Parameters
    ----------
    accounts : AccountStore
        The accounts.
    sessions : Sessions
        Opens sessions.
    passwords : Passwords
        Hashes and verifies.
    links : LinkStore
        Links for choosing a password, and challenges.
    factors : SecondFactors
        The second factors.
    required : iterable of str
        Roles that need one.
    """

    def __init__(
        self,
        accounts: AccountStore,
        sessions: Sessions,
        passwords: Passwords,
        *,
        links: LinkStore,
        factors: SecondFactors,
        required: Iterable[str] = (),
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._links = links
        self._factors = factors
        self._required = frozenset(map(Role, required))
        self._names = Throttle(*OF_NAME)
        self._codes = Throttle(*OF_NAME)
        self._addresses = Throttle(*OF_ADDRESS)

    def requires_factor(self, account: Account) -> bool:
        """Return whether the roles of an account need a second factor."""
        return bool(account.roles & self._required)

    async def sign_in(
        self, name: str, password: str, caller: Caller = NOBODY, code: str = ""
    ) -> SignedIn | CodeNeeded:
        """Return a new session, or what is still needed for it.

        Parameters
        ----------
        name : str
            User id or e-mail address.
        password : str
            As typed.
        caller : Caller
            Who asks.
        code : str
            Of the second factor, for programs; a browser sends it afterwards.

        Raises
        ------
        Unauthenticated
            If the name or the password is wrong.
        Invalid
            If the code is wrong.
        TooMany
            If too many attempts failed; with the seconds to wait.
        """
        typed = name.strip().casefold()
        _require_rate(self._names.wait_s(typed), self._addresses.wait_s(caller.address))
        user, stored = await self._accounts.credentials(typed)
        if not await self._passwords.verify(stored, password):
            self._names.failed(typed)
            self._failed_from(caller)
            raise Unauthenticated(WRONG)
        self._names.succeeded(typed)
        if self._passwords.outdated(stored):
            await self._accounts.set_password_hash(user, await self._passwords.hash(password))
        return await self._after_password(user, BY_PASSWORD, caller, code)

    async def finish(self, challenge: str, code: str, caller: Caller = NOBODY) -> SignedIn:
        """Return the session for which a code was still needed.

        Parameters
        ----------
        challenge : str
            Of `CodeNeeded`; used up afterwards.
        code : str
            Of the second factor, as typed, or a recovery code.
        caller : Caller
            Who asks.

        Raises
        ------
        Unauthenticated
            If the challenge is unknown or too old, or the account is not active any more.
        Invalid
            If the code is wrong; the challenge stays good.
        TooMany
            If too many codes were wrong.
        """
        link = await self._links.find(challenge, LinkKind.CODE)
        account = await self._accounts.find(link.user) if link else None
        if link is None or account is None or account.state is not AccountState.ACTIVE:
            raise Unauthenticated("This sign-in took too long: begin again.")
        codes = await self._checked(account.name, code, caller)
        if await self._links.use(challenge, LinkKind.CODE) is None:
            raise Unauthenticated("This sign-in took too long: begin again.")
        return await self._open(account.name, f"{link.detail} and code", caller, codes)

    async def challenged(self, challenge: str) -> CodeNeeded | None:
        """Return what a challenge is still waiting for, to show its form again; None: it is not valid."""
        link = await self._links.find(challenge, LinkKind.CODE)
        return CodeNeeded(link.user, challenge, await self._factors.begun(link.user)) if link else None

    async def invitation(self, name: str, identity: Identity) -> str:
        """Return the token of a new link by which somebody chooses a password; older ones end.

        Parameters
        ----------
        name : str
            The user id.
        identity : Identity
            An administrator.

        Raises
        ------
        NotFound, Denied
            As `AccountStore.get`.
        Invalid
            If the account is disabled.
        """
        account = await self._accounts.get(name, identity)
        if account.state is AccountState.DISABLED:
            raise Invalid(f"{name} is disabled: enable the account first.")
        return await self._links.make(LinkKind.INVITATION, name)

    async def invited(self, token: str) -> Account:
        """Return whose password a link sets.

        Raises
        ------
        Unauthenticated
            If the link is unknown, used or expired.
        """
        link = await self._links.find(token, *PASSWORD)
        account = await self._accounts.find(link.user) if link else None
        if account is None or account.state not in {AccountState.INVITED, AccountState.ACTIVE}:
            raise Unauthenticated(OLD_LINK)
        if link is not None and link.kind is LinkKind.RESET and link.detail != account.email:
            raise Unauthenticated(OLD_LINK)  # who reads the address before is not asked any more
        return account

    async def choose_password(
        self, token: str, password: str, caller: Caller = NOBODY
    ) -> SignedIn | CodeNeeded:
        """Set the password of a link's account, end its sessions, and return a new one.

        A link is no second factor: who has one is still asked for a code.

        Parameters
        ----------
        token : str
            Of an invitation, or of a link that was sent by e-mail; used up afterwards.
        password : str
            The new password.
        caller : Caller
            Who asks.

        Raises
        ------
        Unauthenticated
            If the link is unknown, used or expired.
        Invalid
            If the password is too weak; the link stays good.
        """
        account = await self.invited(token)
        require_strength(password, account.name, account.title, account.email)
        hashed = await self._passwords.hash(password)
        link = await self._links.use(token, *PASSWORD)
        if link is None:
            raise Unauthenticated(OLD_LINK)
        await self._accounts.set_password_hash(account.name, hashed)
        await self._sessions.end_all(account.name)
        # Who knew the password before may have been asked for a code, or to set up a second factor.
        await self._links.forget(account.name, *PASSWORD, LinkKind.CODE)
        return await self._after_password(account.name, link.kind, caller)

    async def change_password(
        self, identity: Identity, old: str, new: str, *, current: str, address: str
    ) -> None:
        """Change one's own password, and end one's other sessions.

        Parameters
        ----------
        identity : Identity
            The user.
        old, new : str
            The passwords; `old` is not looked at where there is none: its user signs in by a provider.
        current : str
            Token of the request, whose session stays.
        address : str
            Network address of the caller.

        Raises
        ------
        Invalid
            If the old password is wrong, or the new one too weak.
        TooMany
            If too many attempts failed.
        """
        account = await self._accounts.get(identity.user, identity)
        await self.require_password(identity, old, Caller(address), "old")
        require_strength(new, account.name, account.title, account.email)
        await self._accounts.set_password_hash(account.name, await self._passwords.hash(new))
        await self._sessions.end_others(identity, current)
        await self._links.forget(account.name, *PASSWORD, LinkKind.CODE)

    async def require_password(
        self, identity: Identity, password: str, caller: Caller, field: str = "password"
    ) -> None:
        """Return if a password is that of a user, or the user has none.

        Parameters
        ----------
        identity : Identity
            The user.
        password : str
            As typed.
        caller : Caller
            Who asks.
        field : str
            Where the error stands.

        Raises
        ------
        Invalid
            If it is wrong.
        TooMany
            If too many attempts failed.
        """
        _require_rate(self._names.wait_s(identity.user), self._addresses.wait_s(caller.address))
        stored = await self._accounts.password_hash(identity.user)
        if stored and not await self._passwords.verify(stored, password):
            self._names.failed(identity.user)
            raise Invalid("Your password is wrong: nothing was changed.", [FieldError(field, "is wrong")])

    async def require_code(self, identity: Identity, code: str, caller: Caller) -> None:
        """Return if a code is right, for what somebody who is signed in changes.

        Parameters
        ----------
        identity : Identity
            The user.
        code : str
            As typed.
        caller : Caller
            Who asks.

        Raises
        ------
        Conflict
            If the user has no second factor.
        Invalid, TooMany
            As `finish`.
        """
        if not (await self._factors.state(identity.user)).enabled:
            raise Conflict("There is no second factor.")
        await self._checked(identity.user, code, caller)

    async def confirm_factor(self, identity: Identity, code: str, caller: Caller) -> tuple[str, ...]:
        """Switch a second factor on that was begun, and return the recovery codes.

        Parameters
        ----------
        identity : Identity
            The user.
        code : str
            The first one of the app, as typed.
        caller : Caller
            Who asks.

        Raises
        ------
        Conflict
            If none was begun.
        Invalid, TooMany
            As `finish`.
        """
        if not await self._factors.begun(identity.user):
            raise Conflict("No second factor was begun: start again.")
        return await self._checked(identity.user, code, caller)

    async def _after_password(
        self, user: str, how: str, caller: Caller, code: str = ""
    ) -> SignedIn | CodeNeeded:
        account = await self._accounts.find(user)
        if account is None:  # deleted meanwhile
            raise Unauthenticated(WRONG)
        if (await self._factors.state(user)).enabled:
            if not code:
                return CodeNeeded(user, await self._links.make(LinkKind.CODE, user, how))
            await self._checked(user, code, caller)
            return await self._open(user, f"{how} and code", caller)
        if self.requires_factor(account):
            secret = await self._factors.begin(user)
            return CodeNeeded(user, await self._links.make(LinkKind.CODE, user, how), secret)
        return await self._open(user, how, caller)

    async def _checked(self, user: str, code: str, caller: Caller) -> tuple[str, ...]:
        """Check a code, or set the second factor up by it; return the recovery codes then."""
        _require_rate(self._codes.wait_s(user), self._addresses.wait_s(caller.address))
        codes: tuple[str, ...] = ()
        try:
            if await self._factors.begun(user):
                codes = tuple(await self._factors.confirm(user, code))
            elif not await self._factors.check(user, code):
                raise wrong_code()
        except Invalid:
            self._codes.failed(user)
            self._failed_from(caller)
            raise
        self._codes.succeeded(user)
        return codes

    async def _open(
        self, user: str, how: str, caller: Caller, recovery_codes: tuple[str, ...] = ()
    ) -> SignedIn:
        await self._accounts.signed_in(user)
        return SignedIn(user, await self._sessions.open(user, how, caller), recovery_codes)

    def _failed_from(self, caller: Caller) -> None:
        if caller.address:
            self._addresses.failed(caller.address)


def _require_rate(*waits_s: float) -> None:
    if wait := max(waits_s):
        seconds = math.ceil(wait)
        raise TooMany(f"Too many attempts failed. Try again in {seconds} s.", seconds)
