"""Tokens by which an identity is recognised: one-time links, browser sessions, the API token."""

from __future__ import annotations

import builtins
import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import ColumnElement, delete, insert, select

from dashboard.auth.identity import ANONYMOUS, OWNER, Accounts, Identity
from dashboard.base import clock
from dashboard.base.errors import NotFound, Unauthenticated
from dashboard.database.engine import Database
from dashboard.database.tables import tokens
from deploy.access.tokens import PREFIX as OF_DEPLOYMENTS

API_TOKEN_DAYS = 3650  # renewed at each start; the file that holds it is the owner's own

INVITATION = "invitation"
INVITATION_S = 3 * 86_400  # of an invitation: over a weekend
SIGNED_IN = ("session", "api")
ID = 16  # characters of the hash of a token by which its session is named


@dataclass(frozen=True)
class Session:
    """A browser that is signed in, or the token of the API.

    Attributes
    ----------
    id : str
        The beginning of the hash of its token, which tells nothing of the token.
    kind : str
        ``session`` or ``api``.
    created, expires : str
        ISO 8601, UTC.
    current : bool
        Whether the request came with it.
    """

    id: str
    kind: str
    created: str
    expires: str
    current: bool

    def to_json(self) -> dict[str, object]:
        """Return its fields."""
        return asdict(self)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def token_id(token: str) -> str:
    """Return what a token is named by in lists and in the audit log; it tells nothing of the token."""
    return _hash(token)[:ID]


def _good(token: str, kind: str) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of the row of a token that is of a kind and has not expired."""
    return (tokens.c.hash == _hash(token), tokens.c.kind == kind, tokens.c.expires > clock.now())


class Sessions:
    """One-time links, browser sessions and the API token. Only their hashes are stored.

    Parameters
    ----------
    database : Database
        Open and migrated.
    home : Path
        Where `connection.json` is written.
    link_minutes, session_days : int
        For how long a link and a session are good.
    accounts : callable
        From a user id to the identity with its roles and projects.
    """

    def __init__(
        self,
        database: Database,
        home: Path,
        link_minutes: int,
        session_days: int,
        accounts: Accounts,
    ) -> None:
        self._database = database
        self._home = home
        self.link_s = link_minutes * 60
        self.session_s = session_days * 86_400
        self._accounts = accounts

    async def one_time_link(self, identity: Identity = OWNER) -> str:
        """Return a token that `redeem` takes once."""
        return await self._make("link", identity.user, self.link_s)

    async def redeem(self, token: str) -> str:
        """Change a link's token for a session's; the link is then used up.

        Raises
        ------
        Unauthenticated
            If it is unknown, used or expired.
        """
        async with self._database.write() as connection:
            taken = await connection.execute(
                delete(tokens).where(*_good(token, "link")).returning(tokens.c.identity)
            )
            user = taken.scalar_one_or_none()
        if user is None:
            raise Unauthenticated(
                "This link was used or is too old; this command prints a new one: huggins link"
            )
        return await self.open(user)

    async def open(self, user: str) -> str:
        """Return the token of a new session of a user."""
        return await self._make("session", user, self.session_s)

    async def invitation(self, user: str) -> str:
        """Return a token by which a user chooses a password once; earlier ones of that user end."""
        theirs = (tokens.c.identity == user, tokens.c.kind == INVITATION)
        async with self._database.write() as connection:
            await connection.execute(delete(tokens).where(*theirs))
        return await self._make(INVITATION, user, INVITATION_S)

    async def invited_user(self, token: str) -> str | None:
        """Return whose password a link sets; None: it is unknown, used or expired."""
        async with self._database.read() as connection:
            found = await connection.execute(select(tokens.c.identity).where(*_good(token, INVITATION)))
        return found.scalar_one_or_none()

    async def use_invitation(self, token: str) -> bool:
        """Use a link up; return False if somebody else did, or it is no longer good."""
        async with self._database.write() as connection:
            used = await connection.execute(delete(tokens).where(*_good(token, INVITATION)))
        return bool(used.rowcount)

    async def end_all(self, user: str) -> int:
        """End every session and every unused link of a user, and return how many there were."""
        async with self._database.write() as connection:
            done = await connection.execute(delete(tokens).where(tokens.c.identity == user))
        return int(done.rowcount)

    async def identify(self, token: str | None) -> Identity:
        """Return whose session or API token this is; `ANONYMOUS` when it is nobody's."""
        if not token or token.startswith(OF_DEPLOYMENTS):  # the gateway knows those
            return ANONYMOUS
        query = select(tokens.c.identity).where(
            tokens.c.hash == _hash(token),
            tokens.c.kind.in_(SIGNED_IN),
            tokens.c.expires > clock.now(),
        )
        async with self._database.read() as connection:
            user = (await connection.execute(query)).scalar_one_or_none()
        return ANONYMOUS if user is None else await self._accounts(user)

    async def list(self, identity: Identity, current: str = "") -> builtins.list[Session]:
        """Return the sessions of a user that are valid, the newest first.

        Parameters
        ----------
        identity : Identity
            The user.
        current : str
            The token of the request.
        """
        theirs = (
            tokens.c.identity == identity.user,
            tokens.c.kind.in_(SIGNED_IN),
            tokens.c.expires > clock.now(),
        )
        query = select(tokens).where(*theirs).order_by(tokens.c.created.desc(), tokens.c.hash)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        this = _hash(current) if current else ""
        return [
            Session(row["hash"][:ID], row["kind"], row["created"], row["expires"], row["hash"] == this)
            for row in rows
        ]

    async def end_one(self, identity: Identity, session: str) -> None:
        """End a session of a user; of the API its token, until the platform starts again.

        Parameters
        ----------
        identity : Identity
            The user.
        session : str
            Its id.

        Raises
        ------
        NotFound
            If the user has no such session.
        """
        theirs = (tokens.c.identity == identity.user, tokens.c.kind.in_(SIGNED_IN))
        ended = 0
        if len(session) == ID:
            named = tokens.c.hash.startswith(session, autoescape=True)
            async with self._database.write() as connection:
                ended = (await connection.execute(delete(tokens).where(*theirs, named))).rowcount
        if not ended:
            raise NotFound(f"There is no session {session}; it may have ended.")

    async def end_others(self, identity: Identity, current: str) -> int:
        """End all sessions of browsers of a user, and unused links, but not the one of a request.

        Parameters
        ----------
        identity : Identity
            The user.
        current : str
            The token of the request.

        Returns
        -------
        int
            How many ended.
        """
        theirs = (tokens.c.identity == identity.user, tokens.c.kind.in_(("session", "link")))
        async with self._database.write() as connection:
            done = await connection.execute(delete(tokens).where(*theirs, tokens.c.hash != _hash(current)))
        return int(done.rowcount)

    async def end_everybody(self) -> int:
        """End the sessions of all browsers, and all unused links and invitations; return how many."""
        async with self._database.write() as connection:
            done = await connection.execute(delete(tokens).where(tokens.c.kind != "api"))
        return int(done.rowcount)

    async def end(self, token: str) -> None:
        """Sign out."""
        async with self._database.write() as connection:
            await connection.execute(delete(tokens).where(tokens.c.hash == _hash(token)))

    async def write_connection(self, address: str) -> Path:
        """Write the address and a new API token into ``<home>/connection.json`` (0600, by rename)."""
        async with self._database.write() as connection:
            await connection.execute(delete(tokens).where(tokens.c.kind == "api"))
            await connection.execute(delete(tokens).where(tokens.c.expires <= clock.now()))
        token = await self._make("api", OWNER.user, API_TOKEN_DAYS * 86_400)
        path = self._home / "connection.json"
        new = path.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"schema": 1, "address": address, "token": token}, file)
        new.replace(path)
        return path

    def remove_connection(self) -> None:
        """Remove ``connection.json``: the platform does not answer at its address any more."""
        (self._home / "connection.json").unlink(missing_ok=True)

    async def _make(self, kind: str, user: str, seconds: float) -> str:
        token = secrets.token_urlsafe(32)
        row = {
            "hash": _hash(token),
            "kind": kind,
            "identity": user,
            "created": clock.now(),
            "expires": clock.after(seconds),
        }
        async with self._database.write() as connection:
            await connection.execute(insert(tokens).values(row))
        return token
