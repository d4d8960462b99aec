"""Choosing a forgotten password anew, by a link that is sent to the address of the account."""

from __future__ import annotations

from dashboard.auth.account import AccountState
from dashboard.auth.accounts import AccountStore
from dashboard.auth.links import LinkKind, LinkStore
from dashboard.auth.mailed.mail import LetterRate, Mail, letter
from dashboard.auth.sessions import NOBODY, Caller
from dashboard.base.errors import Conflict

NO_MAIL = (
    "This platform has no mail server (notifications.smtp_host): an administrator can give you a link for "
    "choosing a new password."
)


class ForgottenPassword:
    """Sends links for choosing a password.

    Parameters
    ----------
    accounts : AccountStore
        The accounts.
    links : LinkStore
        Makes the links.
    mail : Mail
        Sends the letters.
    address : str
        Of this platform, for links.
    """

    def __init__(self, accounts: AccountStore, links: LinkStore, mail: Mail, address: str) -> None:
        self._accounts = accounts
        self._links = links
        self._mail = mail
        self._address = address
        self._rate = LetterRate()

    @property
    def unavailable(self) -> str:
        """Why no link can be sent; empty: one can."""
        return "" if self._mail.available else NO_MAIL

    def request(self, typed: str, caller: Caller = NOBODY) -> None:
        """Send a link, if there is such an account and it has an address; the answer is the same if not.

        Parameters
        ----------
        typed : str
            User id or e-mail address.
        caller : Caller
            Who asks.

        Raises
        ------
        Conflict
            If there is no mail server.
        TooMany
            If the caller asks too often.
        """
        if self.unavailable:
            raise Conflict(self.unavailable)
        self._rate.require(caller.address)
        typed = typed.strip().casefold()
        if typed and self._rate.allows(typed):
            self._mail.begin(lambda: self._send(typed))

    async def _send(self, typed: str) -> None:
        found = await (self._accounts.by_email(typed) if "@" in typed else self._accounts.find(typed))
        able = found is not None and found.state in {AccountState.ACTIVE, AccountState.INVITED}
        if found is None or not able or not found.email:
            return
        token = await self._links.make(LinkKind.RESET, found.name, found.email)
        text = letter(
            self._address,
            f"Choose a new password for your account {found.name}; this link works once, for an hour:",
            f"{self._address}/invitation?token={token}",
            "If you did not ask for it, do nothing: your password stays as it is.",
        )
        await self._mail.send(found.email, "Huggins: choose a new password", text)
