"""Changing one's own e-mail address: the new one is confirmed by a link before it counts."""

from __future__ import annotations

from dashboard.auth.account import email_errors
from dashboard.auth.accounts import AccountStore
from dashboard.auth.identity import Identity
from dashboard.auth.links import LinkKind, LinkStore
from dashboard.auth.mailed.mail import LetterRate, Mail, letter
from dashboard.auth.sessions import NOBODY, Caller
from dashboard.auth.sign_in import SignIn
from dashboard.base.errors import FieldError, Invalid, Unauthenticated

NO_MAIL = "cannot be confirmed, because this platform has no mail server: an administrator can change it"
OLD_LINK = "This link was used or is too old: change the address again on the page Settings."


class EmailChange:
    """Changes e-mail addresses.

    Parameters
    ----------
    accounts : AccountStore
        The accounts.
    links : LinkStore
        Links that confirm an address.
    sign_in : SignIn
        Checks the password.
    mail : Mail
        Sends the letters.
    address : str
        Of this platform, for links.
    """

    def __init__(
        self, accounts: AccountStore, links: LinkStore, sign_in: SignIn, mail: Mail, address: str
    ) -> None:
        self._accounts = accounts
        self._links = links
        self._sign_in = sign_in
        self._mail = mail
        self._address = address
        self._rate = LetterRate()

    async def request(self, identity: Identity, email: str, password: str, caller: Caller = NOBODY) -> None:
        """Send a link to a new address of one's own; an empty one is removed at once.

        Whether the address belongs to somebody else is told to its owner only.

        Parameters
        ----------
        identity : Identity
            The user.
        email : str
            As typed; empty: none any more.
        password : str
            The present one; not looked at where there is none.
        caller : Caller
            Who asks.

        Raises
        ------
        Invalid
            If the address is none, cannot be confirmed, or the password is wrong; by field.
        TooMany
            If the caller asks too often, or gave wrong passwords.
        """
        account, email = await self._accounts.get(identity.user, identity), email.strip()
        errors = email_errors(email)
        if not errors and email and not self._mail.available:
            errors = [FieldError("email", NO_MAIL)]
        if errors:
            raise Invalid("The e-mail address was not changed.", errors)
        await self._sign_in.require_password(identity, password, caller)
        await self._links.forget(account.name, LinkKind.EMAIL)
        if email in {account.email, ""}:
            await self._accounts.confirm_email(account.name, email)
            return
        self._rate.require(caller.address)
        if self._rate.allows(email.casefold()):
            self._mail.begin(lambda: self._send(account.name, email))

    async def pending(self, identity: Identity) -> str:
        """Return the address that is still to be confirmed; empty: none."""
        return await self._links.pending_email(identity.user)

    async def find(self, token: str) -> str:
        """Return the address that a link confirms.

        Raises
        ------
        Unauthenticated
            If the link is unknown, used or expired.
        """
        link = await self._links.find(token, LinkKind.EMAIL)
        if link is None:
            raise Unauthenticated(OLD_LINK)
        return link.detail

    async def confirm(self, token: str) -> tuple[str, str]:
        """Let an address count, and tell the one before.

        Parameters
        ----------
        token : str
            From the letter; used up afterwards.

        Returns
        -------
        str, str
            The user id and the address.

        Raises
        ------
        Unauthenticated
            If the link is unknown, used or expired.
        Conflict
            If the address belongs to somebody else by now.
        """
        link = await self._links.use(token, LinkKind.EMAIL)
        account = await self._accounts.find(link.user) if link else None
        if link is None or account is None:
            raise Unauthenticated(OLD_LINK)
        await self._accounts.confirm_email(account.name, link.detail)
        before = account.email
        if before and before != link.detail:
            text = letter(
                self._address,
                f"The e-mail address of your account {account.name} is now {link.detail}.",
                "If that was not you, ask an administrator at once to disable the account.",
            )
            self._mail.begin(
                lambda: self._mail.send(before, "Huggins: your e-mail address was changed", text)
            )
        return account.name, link.detail

    async def _send(self, user: str, email: str) -> None:
        if other := await self._accounts.by_email(email):
            text = letter(
                self._address,
                f"Somebody wants to use this address, which belongs to your account {other.name}, for "
                "another account. Nothing was changed.",
            )
            await self._mail.send(other.email, "Huggins: your address was asked for", text)
            return
        token = await self._links.make(LinkKind.EMAIL, user, email)
        text = letter(
            self._address,
            f"Confirm with this link that your account {user} has this address; it works once, for a day:",
            f"{self._address}/email-confirmation?token={token}",
            "If you did not ask for it, do nothing.",
        )
        await self._mail.send(email, "Huggins: confirm your e-mail address", text)
