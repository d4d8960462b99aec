"""The services of accounts: who somebody is, ways to sign in, and what is written down of it."""

from __future__ import annotations

from functools import cached_property

from dashboard.auth.accounts import AccountStore
from dashboard.auth.api_tokens import PREFIX, ApiTokens
from dashboard.auth.audit import AuditLog
from dashboard.auth.identity import Accounts, Identity
from dashboard.auth.links import LinkStore
from dashboard.auth.mailed.email_change import EmailChange
from dashboard.auth.mailed.forgotten_password import ForgottenPassword
from dashboard.auth.mailed.registration import Registration
from dashboard.auth.oidc.flows import FlowStore
from dashboard.auth.oidc.joining import Joining
from dashboard.auth.oidc.provider_accounts import ProviderAccountStore
from dashboard.auth.oidc.service import ProviderSignIn
from dashboard.auth.passwords import Passwords
from dashboard.auth.projects import ProjectStore
from dashboard.auth.second_factor.factors import SecondFactors
from dashboard.auth.sessions import Sessions
from dashboard.auth.sign_in import SignIn
from dashboard.notifications.letters import LetterSender
from dashboard.platform.core import Core


class PeopleServices(Core):
    """What a platform knows of people.

    Attributes
    ----------
    _identities : callable
        From a user id to the identity with its roles and projects; set by the constructor of `Services`.
    """

    _identities: Accounts

    @cached_property
    def accounts(self) -> AccountStore:
        """The accounts of people."""
        return AccountStore(self.database)

    @cached_property
    def audit(self) -> AuditLog:
        """Who did what to which object."""
        return AuditLog(self.database, self.settings.people.audit_days)

    @cached_property
    def projects(self) -> ProjectStore:
        """The projects of people."""
        return ProjectStore(self.database, self._ownership_changed)

    @cached_property
    def api_tokens(self) -> ApiTokens:
        """The API tokens of people."""
        return ApiTokens(self.database, self._identities)

    async def identity_of(self, user: str) -> Identity:
        """Return an account with its roles and projects; one that is not there has none."""
        return await self._identities(user)

    async def identify(self, token: str | None) -> Identity:
        """Return whose session, API token or token of ``connection.json`` this is; else `ANONYMOUS`."""
        if token and token.startswith(PREFIX):
            return await self.api_tokens.identify(token)
        return await self.sessions.identify(token)

    @cached_property
    def sessions(self) -> Sessions:
        """Tokens by which an identity is recognised."""
        server = self.settings.server
        return Sessions(
            self.database, self.settings.home, server.link_minutes, server.session_days, self._identities
        )

    @cached_property
    def links(self) -> LinkStore:
        """Links that work once."""
        return LinkStore(self.database)

    @cached_property
    def passwords(self) -> Passwords:
        """Hashes and verifies passwords."""
        return Passwords()

    @cached_property
    def second_factors(self) -> SecondFactors:
        """Codes of apps."""
        return SecondFactors(self.database, self.credentials)

    @cached_property
    def sign_in(self) -> SignIn:
        """Checks names and passwords."""
        return SignIn(
            self.accounts,
            self.sessions,
            self.passwords,
            links=self.links,
            factors=self.second_factors,
            required=self.settings.people.second_factor,
        )

    @cached_property
    def letters(self) -> LetterSender:
        """Sends letters about accounts."""
        return LetterSender(self.settings.notifications)

    @cached_property
    def registration(self) -> Registration:
        """Lets people register themselves."""
        return Registration(
            self.accounts,
            self.links,
            self.sign_in,
            mail=self.letters,
            settings=self.settings.people,
            address=self._address,
        )

    @cached_property
    def forgotten_password(self) -> ForgottenPassword:
        """Sends links for choosing a password."""
        return ForgottenPassword(self.accounts, self.links, self.letters, self._address)

    @cached_property
    def email_change(self) -> EmailChange:
        """Changes e-mail addresses."""
        return EmailChange(self.accounts, self.links, self.sign_in, self.letters, self._address)

    @cached_property
    def providers(self) -> ProviderSignIn:
        """Signs people in by other providers of accounts."""
        ways = ProviderAccountStore(self.database)
        return ProviderSignIn(
            self.settings.oidc,
            accounts=self.accounts,
            sessions=self.sessions,
            flows=FlowStore(self.database),
            ways=ways,
            joining=Joining(
                self.accounts,
                ways,
                self.projects,
                open_to_new=self.settings.people.registration != "closed",
            ),
        )

    @property
    def _address(self) -> str:
        return self.settings.server.address.rstrip("/")

    async def _ownership_changed(self, kind: str) -> None:
        """Read again what is held in memory with its ownership."""
