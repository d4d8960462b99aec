"""Signing in by name and password; choosing and changing a password."""

from __future__ import annotations

import math

from dashboard.auth.account import Account, AccountState
from dashboard.auth.accounts import AccountStore
from dashboard.auth.identity import Identity
from dashboard.auth.passwords import Passwords, weakness
from dashboard.auth.sessions import Sessions
from dashboard.auth.throttle import Throttle
from dashboard.base.errors import FieldError, Invalid, TooMany, Unauthenticated

# Failures of one name delay that name for everybody; those of one address also other names.
OF_NAME = (5, 5.0, 900.0)
OF_ADDRESS = (30, 5.0, 900.0)
WRONG = "The name or the password is wrong."


class SignIn:
    """Checks names and passwords, and opens sessions.

    Unknown and disabled names are answered as wrong passwords are, after the same work.

    Parameters
    ----------
    accounts : AccountStore
        The accounts.
    sessions : Sessions
        Opens sessions and makes links for choosing a password.
    passwords : Passwords
        Hashes and verifies.
    """

    def __init__(self, accounts: AccountStore, sessions: Sessions, passwords: Passwords) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._passwords = passwords
        self._names = Throttle(*OF_NAME)
        self._addresses = Throttle(*OF_ADDRESS)

    async def sign_in(self, name: str, password: str, address: str) -> str:
        """Return the token of a new session.

        Parameters
        ----------
        name : str
            User id or e-mail address.
        password : str
            As typed.
        address : str
            Network address of the caller; empty: not known.

        Raises
        ------
        Unauthenticated
            If the name or the password is wrong.
        TooMany
            If too many attempts failed; with the seconds to wait.
        """
        typed = name.strip().casefold()
        self._require_rate(typed, address)
        account = await self._accounts.by_email(typed) if "@" in typed else None
        user = account.name if account else typed
        stored = await self._accounts.password_hash(user)
        if not await self._passwords.verify(stored, password):
            self._names.failed(typed)
            self._addresses.failed(address)
            raise Unauthenticated(WRONG)
        self._names.succeeded(typed)
        if self._passwords.outdated(stored):
            await self._accounts.set_password_hash(user, await self._passwords.hash(password))
        await self._accounts.signed_in(user)
        return await self._sessions.open(user)

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
        return await self._sessions.invitation(name)

    async def invited(self, token: str) -> Account:
        """Return whose password a link sets.

        Raises
        ------
        Unauthenticated
            If the link is unknown, used or expired.
        """
        user = await self._sessions.invited_user(token)
        account = await self._accounts.find(user) if user else None
        if account is None or account.state not in {AccountState.INVITED, AccountState.ACTIVE}:
            raise Unauthenticated("This link was used or is too old: ask an administrator for a new one.")
        return account

    async def choose_password(self, token: str, password: str) -> str:
        """Set the password of a link's account, end its sessions, and return the token of a new one.

        Parameters
        ----------
        token : str
            From `invitation`; used up afterwards.
        password : str
            The new password.

        Raises
        ------
        Unauthenticated
            If the link is unknown, used or expired.
        Invalid
            If the password is too weak; the link stays good.
        """
        account = await self.invited(token)
        _require_strength(password, account)
        hashed = await self._passwords.hash(password)
        if not await self._sessions.use_invitation(token):
            raise Unauthenticated("This link was used or is too old: ask an administrator for a new one.")
        await self._accounts.set_password_hash(account.name, hashed)
        await self._sessions.end_all(account.name)
        await self._accounts.signed_in(account.name)
        return await self._sessions.open(account.name)

    async def change_password(
        self, identity: Identity, old: str, new: str, *, current: str, address: str
    ) -> None:
        """Change one's own password, and end one's other sessions.

        Parameters
        ----------
        identity : Identity
            The user.
        old, new : str
            The passwords.
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
        self._require_rate(account.name, address)
        if not await self._passwords.verify(await self._accounts.password_hash(account.name), old):
            self._names.failed(account.name)
            raise Invalid("The password was not changed.", [FieldError("old", "is wrong")])
        _require_strength(new, account)
        await self._accounts.set_password_hash(account.name, await self._passwords.hash(new))
        await self._sessions.end_others(identity, current)

    def _require_rate(self, name: str, address: str) -> None:
        wait = max(self._names.wait_s(name), self._addresses.wait_s(address) if address else 0.0)
        if wait:
            seconds = math.ceil(wait)
            raise TooMany(f"Too many attempts failed. Try again in {seconds} s.", seconds)


def _require_strength(password: str, account: Account) -> None:
    if weak := weakness(password, account.name, account.title, account.email):
        raise Invalid(f"This password {weak}.", [FieldError("password", weak)])
