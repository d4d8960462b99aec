"""Registering oneself: an e-mail address, which a link confirms, then a name and a password."""

from __future__ import annotations

from dashboard.auth.account import email_errors, name_errors, title_errors
from dashboard.auth.accounts import AccountStore
from dashboard.auth.identity import SYSTEM
from dashboard.auth.links import LinkKind, LinkStore
from dashboard.auth.mailed.mail import LetterRate, Mail, letter
from dashboard.auth.passwords import weakness
from dashboard.auth.sessions import NOBODY, Caller
from dashboard.auth.sign_in import CodeNeeded, SignedIn, SignIn
from dashboard.base.errors import Conflict, FieldError, Invalid, Unauthenticated
from dashboard.settings import PeopleSettings

CLOSED = "Nobody registers here: ask an administrator for an invitation."
NO_MAIL = (
    "Nobody can register now, because this platform has no mail server (notifications.smtp_host) to confirm "
    "an address with: ask an administrator for an invitation."
)
OLD_LINK = "This link was used or is too old: register again."


class Registration:
    """Lets people register themselves, where the settings allow it.

    Parameters
    ----------
    accounts : AccountStore
        The accounts.
    links : LinkStore
        Links that confirm an address.
    sign_in : SignIn
        Sets the password, and opens the first session.
    mail : Mail
        Sends the letters.
    settings : PeopleSettings
        Who may register.
    address : str
        Of this platform, for links.
    """

    def __init__(
        self,
        accounts: AccountStore,
        links: LinkStore,
        sign_in: SignIn,
        *,
        mail: Mail,
        settings: PeopleSettings,
        address: str,
    ) -> None:
        self._accounts = accounts
        self._links = links
        self._sign_in = sign_in
        self._mail = mail
        self._settings = settings
        self._address = address
        self._rate = LetterRate()

    @property
    def closed(self) -> str:
        """Why nobody can register; empty: it is open."""
        if self._settings.registration != "open":
            return CLOSED
        return "" if self._mail.available else NO_MAIL

    def request(self, email: str, caller: Caller = NOBODY) -> None:
        """Send a link by which its reader makes an account; a known address gets a letter that says so.

        Parameters
        ----------
        email : str
            As typed.
        caller : Caller
            Who asks.

        Raises
        ------
        Conflict
            If registration is not open.
        Invalid
            If the address is none, or of a domain that is not allowed.
        TooMany
            If the caller asks too often.
        """
        if self.closed:
            raise Conflict(self.closed)
        email = email.strip()
        if errors := self._email_errors(email):
            raise Invalid("This address cannot be registered.", errors)
        self._rate.require(caller.address)
        if self._rate.allows(email.casefold()):
            self._mail.begin(lambda: self._send(email))

    async def email(self, token: str) -> str:
        """Return the address that a link confirms.

        Raises
        ------
        Conflict
            If registration was closed since.
        Unauthenticated
            If the link is unknown, used or expired.
        """
        if self.closed:
            raise Conflict(self.closed)
        link = await self._links.find(token, LinkKind.REGISTER)
        if link is None:
            raise Unauthenticated(OLD_LINK)
        return link.detail

    async def complete(
        self, token: str, name: str, password: str, *, title: str = "", caller: Caller = NOBODY
    ) -> SignedIn | CodeNeeded:
        """Create the account of a link, and sign in.

        Parameters
        ----------
        token : str
            From the letter; used up if nothing is wrong.
        name : str
            The user id, which never changes.
        password : str
            The password.
        title : str
            The name that people read.
        caller : Caller
            Who asks.

        Raises
        ------
        Conflict, Unauthenticated
            As `email`.
        Invalid
            If a value cannot be used, by field.
        Conflict
            If the name is taken, or the address by now.
        """
        email = await self.email(token)
        name, title = name.strip().lower(), " ".join(title.split())
        errors = [*name_errors(name), *title_errors(title), *self._email_errors(email)]
        if weak := weakness(password, name, title, email):
            errors.append(FieldError("password", weak))
        if errors:
            raise Invalid("This account cannot be created.", errors)
        if await self._accounts.find(name):
            raise Conflict(f"The name {name} is taken.", [FieldError("name", "is taken")])
        if await self._links.use(token, LinkKind.REGISTER) is None:
            raise Unauthenticated(OLD_LINK)
        roles = (self._settings.registered_role,)
        await self._accounts.create(name, SYSTEM, title=title, email=email, roles=roles)
        invitation = await self._links.make(LinkKind.INVITATION, name)
        return await self._sign_in.choose_password(invitation, password, caller)

    def _email_errors(self, email: str) -> list[FieldError]:
        errors = email_errors(email) if email else [FieldError("email", "is required")]
        domains = {domain.casefold().lstrip("@") for domain in self._settings.email_domains}
        if not errors and domains and email.rpartition("@")[2].casefold() not in domains:
            errors = [FieldError("email", f"must be an address at {', '.join(sorted(domains))}")]
        return errors

    async def _send(self, email: str) -> None:
        if known := await self._accounts.by_email(email):
            text = letter(
                self._address,
                f"Somebody, perhaps you, wants to register this address, which belongs to your account "
                f"{known.name}.",
                f"Sign in: {self._address}/sign-in\nForgot the password: {self._address}/forgotten-password",
            )
            await self._mail.send(known.email, "Huggins: you have an account", text)
            return
        token = await self._links.make(LinkKind.REGISTER, "", email)
        text = letter(
            self._address,
            "Choose a name and a password for your account with this link; it works once, for a day:",
            f"{self._address}/register/confirm?token={token}",
            "If you did not ask for it, do nothing: without the link there is no account.",
        )
        await self._mail.send(email, "Huggins: finish your registration", text)
