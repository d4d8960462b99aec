"""How a user is notified, and of which events."""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import insert, select, update

from dashboard.auth.account import email_errors
from dashboard.base import clock
from dashboard.base.credential_cipher import CredentialCipher
from dashboard.base.errors import FieldError, Invalid
from dashboard.base.outbound import address_allowed
from dashboard.database.engine import Database
from dashboard.database.tables import notification_settings

ABOUT = ("asked", "failed", "all")
SECRETS = ("secret", "secret_before", "secret_before_until")

LONGEST_WAIT = 60 * 24 * 30  # minutes
OVERLAP_S = 86_400.0  # for which the secret before a new one signs too


@dataclass(frozen=True)
class Preferences:
    """Channels of a user (empty: none), and what they are told.

    Attributes
    ----------
    email, webhook, secret : str
        The channels, and what signs the webhook.
    about : str
        Of which jobs that end, one of `ABOUT`.
    waits_minutes : int
        Minutes of waiting before a message about a job; 0: never.
    of_quotas, of_deployments : bool
        Whether of quotas that are nearly used, and of deployments that fail.
    attach_results : bool
        Whether small results are attached to e-mails.
    """

    email: str = ""
    webhook: str = ""
    secret: str = ""
    about: str = "asked"
    waits_minutes: int = 0
    of_quotas: bool = True
    of_deployments: bool = True
    attach_results: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


class PreferenceStore:
    """Stores the preferences of users.

    Parameters
    ----------
    database : Database
        Open and migrated.
    mail : bool
        Whether the platform can send e-mail.
    networks : sequence of str
        Networks that webhooks may reach beside the public internet.
    credentials : CredentialCipher
        Encrypts the secrets of webhooks.
    """

    def __init__(
        self, database: Database, *, mail: bool, networks: Sequence[str], credentials: CredentialCipher
    ) -> None:
        self._database = database
        self._credentials = credentials
        self.mail = mail
        self._networks = [ipaddress.ip_network(text, strict=False) for text in networks]

    async def get(self, identity: str) -> Preferences:
        """Return the preferences of a user, or the defaults; a secret that cannot be read is empty."""
        row = await self._row(identity)
        if row is None:
            return Preferences()
        found = {name: row[name] for name in Preferences.__dataclass_fields__}
        readable = self._credentials.readable(found["secret"])
        secret = self._credentials.decrypt(found["secret"]) if readable else ""
        return Preferences(**{**found, "secret": secret})

    async def signing_secrets(self, identity: str) -> list[str]:
        """Return the secrets that sign the webhook of a user: the newest, and the one before for a while.

        Raises
        ------
        Unavailable
            If the newest cannot be decrypted.
        """
        row = await self._row(identity)
        if row is None:
            return []
        before = row["secret_before"] if row["secret_before_until"] > clock.now() else ""
        earlier = [self._credentials.decrypt(before)] if before and self._credentials.readable(before) else []
        return [self._credentials.decrypt(row["secret"]), *earlier]

    async def _row(self, identity: str) -> Mapping[Any, Any] | None:
        query = select(notification_settings).where(notification_settings.c.identity == identity)
        async with self._database.read() as connection:
            return (await connection.execute(query)).mappings().one_or_none()

    async def put(self, identity: str, body: Mapping[str, Any]) -> Preferences:
        """Change the preferences of a user.

        Parameters
        ----------
        identity : str
            The user.
        body : Mapping
            Fields to change; ``"secret": "new"`` makes a new secret; the one before signs too for a day.

        Raises
        ------
        Invalid
            With the errors by field.
        """
        row = await self._row(identity) or {}
        before = await self.get(identity)
        wanted = {**before.to_json(), **{key: value for key, value in body.items() if value is not None}}
        self._require(wanted)
        stored = {name: row.get(name, "") for name in SECRETS}
        secret = before.secret
        if wanted["webhook"] and (not secret or body.get("secret") == "new"):
            secret = f"whs_{secrets.token_urlsafe(32)}"
            stored = self._followed(stored["secret"], secret)
        made = Preferences(**{**wanted, "secret": secret})
        values = {**made.to_json(), **stored, "changed": clock.now()}
        async with self._database.write() as connection:
            mine = notification_settings.c.identity == identity
            done = await connection.execute(update(notification_settings).where(mine).values(values))
            if not done.rowcount:
                await connection.execute(insert(notification_settings).values(identity=identity, **values))
        return made

    def _followed(self, before: str, secret: str) -> dict[str, str]:
        """Return what is stored of a new secret, and of the one before, which receivers know for a while."""
        until = clock.after(OVERLAP_S) if before else ""
        encrypted = self._credentials.encrypt(secret)
        return {"secret": encrypted, "secret_before": before, "secret_before_until": until}

    def _require(self, wanted: Mapping[str, Any]) -> None:
        errors = [*self._email(wanted["email"]), *self._webhook(wanted["webhook"])]
        if errors:
            raise Invalid("These settings cannot be used.", errors)

    def _email(self, text: str) -> list[FieldError]:
        if not text:
            return []
        if not self.mail:
            return [FieldError("email", "This platform has no mail server (notifications.smtp_host).")]
        if email_errors(text):
            return [FieldError("email", "This is no e-mail address.")]
        return []

    def _webhook(self, text: str) -> list[FieldError]:
        if not text:
            return []
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname, parts.port
        except ValueError:
            return [FieldError("webhook", "This is no address.")]
        wrong = ""
        if parts.scheme not in ("http", "https") or not host or re.search(r"[\s\x00-\x1f]", text):
            wrong = "Must be an address that begins with https:// or http://."
        elif parts.username is not None:
            wrong = "Must hold no name or password: the signature says who it is from."
        elif _is_address(host) and not address_allowed(host, self._networks):
            wrong = f"{host} is not a public address."
        return [FieldError("webhook", wrong)] if wrong else []


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
