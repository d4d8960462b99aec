"""Tokens of deployments: stored as hashes, and limited by a rate and a daily quota."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from deploy.access.bucket import Bucket
from deploy.model.deployment import DeploymentError, UnknownDeployment, now
from deploy.model.store import Database, increment_revision
from deploy.model.tables import deployment_tokens, deployments

PREFIX = "hgd_"  # tells leaked tokens, and these tokens from those of the platform
ID_LENGTH = 8
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


class Scope(StrEnum):
    """What a token may do."""

    PREDICT = "predict"  # predict, and read what describes the model
    ALL = "all"  # the whole DEEPaaS API, training too


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret.

    Parameters
    ----------
    id
        The public part of the token.
    deployment
        The deployment that it gives access to.
    title
        For people.
    scope
        What it allows.
    hash
        SHA-256 of the token.
    created, expires
        ISO 8601, UTC; None: it does not expire.
    rate
        Most requests per minute at each gateway; None: no limit.
    quota
        Most requests per day (from midnight, UTC) at all gateways; None: no limit.
    """

    id: str
    deployment: str
    title: str
    scope: Scope
    hash: str
    created: str
    expires: str | None = None
    rate: int | None = None
    quota: int | None = None
    owner: str = "owner"
    visibility: str = "private"
    project: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the token as JSON, without its hash."""
        return {key: value for key, value in asdict(self).items() if key != "hash"}


class TokenStore:
    """Tokens in the database.

    Parameters
    ----------
    database
        The platform's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(
        self,
        deployment: str,
        title: str,
        scope: Scope = Scope.PREDICT,
        *,
        expires: str | None = None,
        rate: int | None = None,
        quota: int | None = None,
        owner: str = "owner",
    ) -> tuple[Token, str]:
        """Make a token.

        Parameters
        ----------
        deployment, title, scope
            See `Token`.
        expires, rate, quota
            Its limits; see `Token`.

        Returns
        -------
        tuple of Token and str
            The token and its secret, which cannot be read again.

        Raises
        ------
        UnknownDeployment
            If there is no such deployment.
        DeploymentError
            If a limit or the title is not valid.
        """
        for name, limit in (("rate", rate), ("quota", quota)):
            if limit is not None and not 1 <= limit < 2**31:
                raise DeploymentError(f"{name} must be a whole number from 1")
        if not 1 <= len(title.strip()) <= 200:
            raise DeploymentError("title must have 1 to 200 characters, so that the token can be recognised")
        identifier = "".join(secrets.choice(ALPHABET) for _ in range(ID_LENGTH))
        secret = f"{PREFIX}{identifier}_{secrets.token_urlsafe(32)}"
        token = Token(
            identifier, deployment, title.strip(), scope, digest(secret), now(), expires, rate, quota, owner
        )
        async with self._database.write() as connection:
            known = await connection.execute(
                sa.select(deployments.c.name).where(deployments.c.name == deployment)
            )
            if known.first() is None:
                raise UnknownDeployment(f"there is no deployment named {deployment!r}")
            await connection.execute(sa.insert(deployment_tokens).values(**asdict(token)))
            await increment_revision(connection)
        return token, secret

    async def all(self) -> list[Token]:
        """Return every token, oldest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                sa.select(deployment_tokens).order_by(deployment_tokens.c.created, deployment_tokens.c.id)
            )
            return [Token(**{**row, "scope": Scope(row["scope"])}) for row in rows.mappings()]

    async def delete(self, deployment: str, identifier: str) -> None:
        """Revoke a token.

        Parameters
        ----------
        deployment : str
            The deployment's name.
        identifier : str
            The token's id.

        Raises
        ------
        DeploymentError
            If the deployment has no such token.
        """
        mine = (deployment_tokens.c.id == identifier) & (deployment_tokens.c.deployment == deployment)
        async with self._database.write() as connection:
            gone = await connection.execute(sa.delete(deployment_tokens).where(mine))
            if gone.rowcount == 0:
                raise DeploymentError(f"{deployment!r} has no token {identifier!r}")
            await increment_revision(connection)

    async def expire_all(self, moment: str) -> int:
        """Let every token that would be valid after a moment expire then; return how many there are.

        Parameters
        ----------
        moment : str
            ISO 8601, UTC.
        """
        column = deployment_tokens.c.expires
        async with self._database.write() as connection:
            done = await connection.execute(
                sa.update(deployment_tokens)
                .where(sa.or_(column.is_(None), column > moment))
                .values(expires=moment)
            )
            await increment_revision(connection)
        return int(done.rowcount)


class Allowance:
    """The remaining requests of a token at this gateway: a token bucket of its rate, and a daily count.

    Parameters
    ----------
    token
        The token.
    """

    def __init__(self, token: Token) -> None:
        self.token = token
        self._bucket = Bucket(token.rate or 0)
        self._day = _today()
        self._made = 0

    def renew(self, token: Token) -> None:
        """Apply changed limits; requests already made stay counted."""
        if token.rate != self.token.rate:
            self._bucket = Bucket(token.rate or 0)
        self.token = token

    def set_made(self, made: int) -> None:
        """Set the number of requests that the token made today at all gateways."""
        self._day, self._made = _today(), max(made, self._made if self._day == _today() else 0)

    def take(self) -> float:
        """Count one request; return 0, or the seconds after which one is allowed."""
        token = self.token
        if self._day != _today():
            self._day, self._made = _today(), 0
        if token.quota is not None and self._made >= token.quota:
            return float(86_400 - int(time.time()) % 86_400)
        if token.rate is not None and (wait := self._bucket.take()):
            return wait
        self._made += 1
        return 0.0


def digest(secret: str) -> str:
    """Return the hash under which a token is stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def identifier_of(secret: str) -> str | None:
    """Return the public part of a token; None if it is not a token of a deployment."""
    parts = secret.removeprefix(PREFIX).split("_", 1)
    return parts[0] if secret.startswith(PREFIX) and len(parts) == 2 else None


def matches(token: Token, secret: str) -> bool:
    """Return whether `secret` is the secret of a token that has not expired."""
    same = hmac.compare_digest(token.hash, digest(secret))
    return same and (token.expires is None or token.expires > now())


def _today() -> int:
    return int(time.time()) // 86_400
