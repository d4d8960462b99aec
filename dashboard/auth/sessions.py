"""Tokens by which an identity is recognised: one-time links, browser sessions, the API token."""

from __future__ import annotations

import builtins
import contextlib
import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from dashboard.auth.identity import ANONYMOUS, OWNER, Accounts, Identity
from dashboard.auth.links import token_hash
from dashboard.base import clock
from dashboard.base.errors import NotFound, Unauthenticated
from dashboard.database.engine import Database
from dashboard.database.tables import tokens
from deploy.access.tokens import PREFIX as OF_DEPLOYMENTS

API_TOKEN_DAYS = 3650  # renewed at each start; the file that holds it is the owner's own

USED_EVERY_S = 60.0  # between two records of the last use: a read of every request writes nothing
LONGEST_AGENT = 200
SIGNED_IN = ("session", "api")
ID = 16  # characters of the hash of a token by which its session is named


@dataclass(frozen=True)
class Caller:
    """Who sent a request, as far as it says itself.

    Attributes
    ----------
    address : str
        Network address; empty: not known.
    agent : str
        The browser or program.
    """

    address: str = ""
    agent: str = ""


NOBODY = Caller()


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
    last_used : str or None
        To the minute.
    how, address, agent : str
        How its user signed in, from where, and with which browser or program.
    current : bool
        Whether the request came with it.
    """

    id: str
    kind: str
    created: str
    expires: str
    last_used: str | None
    how: str
    address: str
    agent: str
    current: bool

    def to_json(self) -> dict[str, object]:
        """Return its fields."""
        return asdict(self)


def token_id(token: str) -> str:
    """Return what a token is named by in lists and in the audit log; it tells nothing of the token."""
    return token_hash(token)[:ID]


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

    async def redeem(self, token: str, caller: Caller = NOBODY) -> str:
        """Change a link's token for a session's; the link is then used up.

        Parameters
        ----------
        token : str
            From `one_time_link`.
        caller : Caller
            Who opened the link.

        Raises
        ------
        Unauthenticated
            If it is unknown, used or expired.
        """
        async with self._database.write() as connection:
            good = (tokens.c.hash == token_hash(token), tokens.c.kind == "link")
            valid = tokens.c.expires > clock.now()
            taken = await connection.execute(delete(tokens).where(*good, valid).returning(tokens.c.identity))
            user = taken.scalar_one_or_none()
        if user is None:
            raise Unauthenticated(
                "This link was used or is too old; this command prints a new one: huggins link"
            )
        return await self.open(user, "one-time link", caller)

    async def open(
        self, user: str, how: str = "", caller: Caller = NOBODY, provider_session: str = ""
    ) -> str:
        """Return the token of a new session.

        Parameters
        ----------
        user : str
            The user id.
        how : str
            How the user signed in.
        caller : Caller
            From where, and with what.
        provider_session : str
            Hash of the session at the provider by which the user signed in; empty: none is known.
        """
        return await self._make(
            "session", user, self.session_s, how, caller, provider_session=provider_session
        )

    async def end_of_provider(
        self, user: str, how: str, *, provider_session: str, opened_before: str
    ) -> list[str]:
        """End the sessions of browsers that a user opened by a provider, and return their ids.

        Parameters
        ----------
        user : str
            The user id; empty: any user.
        how : str
            By which provider, as `open` got it.
        provider_session : str
            Only that one; empty: all of the user.
        opened_before : str
            Later ones go on.
        """
        theirs = [tokens.c.kind == "session", tokens.c.detail == how, tokens.c.created <= opened_before]
        if user:
            theirs.append(tokens.c.identity == user)
        if provider_session:
            # Of a user those that are of no known session at the provider may be the one: they end, too.
            named = (provider_session, "") if user else (provider_session,)
            theirs.append(tokens.c.provider_session.in_(named))
        async with self._database.write() as connection:
            ended = await connection.execute(delete(tokens).where(*theirs).returning(tokens.c.hash))
            return sorted(row.hash[:ID] for row in ended)

    async def end_all(self, user: str) -> int:
        """End every session and every unused link of a user, and return how many there were."""
        async with self._database.write() as connection:
            done = await connection.execute(delete(tokens).where(tokens.c.identity == user))
        return int(done.rowcount)

    async def identify(self, token: str | None) -> Identity:
        """Return whose session or API token this is; `ANONYMOUS` when it is nobody's."""
        if not token or token.startswith(OF_DEPLOYMENTS):  # the gateway knows those
            return ANONYMOUS
        query = select(tokens.c.identity, tokens.c.last_used).where(
            tokens.c.hash == token_hash(token),
            tokens.c.kind.in_(SIGNED_IN),
            tokens.c.expires > clock.now(),
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return ANONYMOUS
        if row.last_used is None or clock.seconds_since(row.last_used) > USED_EVERY_S:
            await self._used(token)
        return await self._accounts(row.identity)

    async def _used(self, token: str) -> None:
        """Record a use; where the database takes nothing, such as on a full disk, one can still read."""
        mine = tokens.c.hash == token_hash(token)
        with contextlib.suppress(SQLAlchemyError, OSError):
            async with self._database.write() as connection:
                await connection.execute(update(tokens).where(mine).values(last_used=clock.now()))

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
        this = token_hash(current) if current else ""
        named = ("kind", "created", "expires", "last_used", "address", "agent")
        return [
            Session(
                id=row["hash"][:ID],
                how=row["detail"],
                current=row["hash"] == this,
                **{name: row[name] for name in named},
            )
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
            done = await connection.execute(
                delete(tokens).where(*theirs, tokens.c.hash != token_hash(current))
            )
        return int(done.rowcount)

    async def end_everybody(self) -> int:
        """End the sessions of all browsers, and all unused links and invitations; return how many."""
        async with self._database.write() as connection:
            done = await connection.execute(delete(tokens).where(tokens.c.kind != "api"))
        return int(done.rowcount)

    async def user_of(self, hashed: str) -> str | None:
        """Return whose session has a token of that hash, or None."""
        query = select(tokens.c.identity).where(
            tokens.c.hash == hashed, tokens.c.kind == "session", tokens.c.expires > clock.now()
        )
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def end(self, token: str) -> str:
        """Sign out, and return how its user had signed in."""
        mine = tokens.c.hash == token_hash(token)
        async with self._database.write() as connection:
            ended = await connection.execute(delete(tokens).where(mine).returning(tokens.c.detail))
            return ended.scalar_one_or_none() or ""

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

    async def _make(
        self,
        kind: str,
        user: str,
        seconds: float,
        how: str = "",
        caller: Caller = NOBODY,
        *,
        provider_session: str = "",
    ) -> str:
        token = secrets.token_urlsafe(32)
        moment = clock.now()
        row = {
            "hash": token_hash(token),
            "kind": kind,
            "identity": user,
            "created": moment,
            "expires": clock.after(seconds),
            "detail": how,
            "last_used": moment if kind == "session" else None,
            "address": caller.address[:64],
            "agent": caller.agent[:LONGEST_AGENT],
            "provider_session": provider_session,
        }
        async with self._database.write() as connection:
            await connection.execute(insert(tokens).values(row))
        return token
