"""Browsers that are at a provider: what they come back with is compared with what they took along."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select

from dashboard.auth.links import token_hash
from dashboard.auth.sessions import Caller
from dashboard.auth.throttle import Throttle
from dashboard.base import clock
from dashboard.base.errors import TooMany
from dashboard.database.engine import Database
from dashboard.database.tables import sign_in_flows

FLOW_S = 600
MOST_FLOWS = 20_000  # at once
OF_ADDRESS = (200, 1.0, 60.0)  # an institute may be behind one address
VERIFIER_BYTES = 48  # 64 characters; RFC 7636, section 4.1, asks for 43 to 128


@dataclass(frozen=True)
class Flow:
    """A sign-in that is under way.

    Attributes
    ----------
    provider : str
        Name of the provider.
    state, nonce, verifier : str
        Random texts: the first comes back with the browser, the second in the ID token, and the third goes
        with the code.
    browser : str
        Token of the cookie, so that no other browser finishes what this one began.
    next : str
        Where the browser goes then.
    session : str
        Hash of the session to whose user the provider is to be linked; empty: somebody signs in.
    """

    provider: str
    state: str
    nonce: str
    verifier: str
    browser: str
    next: str
    session: str


class FlowStore:
    """Begins flows and takes them back, each once.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rate = Throttle(*OF_ADDRESS)

    async def begin(self, provider: str, to: str, session: str, caller: Caller) -> Flow:
        """Return a new flow.

        Parameters
        ----------
        provider : str
            Name of the provider.
        to : str
            Where the browser goes then.
        session : str
            Token of the session to whose user the provider is to be linked; empty: somebody signs in.
        caller : Caller
            Who begins.

        Raises
        ------
        TooMany
            If very many were begun.
        """
        if caller.address:
            if self._rate.wait_s(caller.address):
                raise TooMany("Too many sign-ins were begun. Try again in a minute.", 60)
            self._rate.failed(caller.address)
        state, nonce, browser = (secrets.token_urlsafe(32) for _ in range(3))
        verifier = secrets.token_urlsafe(VERIFIER_BYTES)
        flow = Flow(provider, state, nonce, verifier, browser, to, token_hash(session) if session else "")
        row = {
            "state": token_hash(state),
            "browser": token_hash(browser),
            "provider": provider,
            "nonce": nonce,
            "verifier": verifier,
            "next": to,
            "session": flow.session,
            "expires": clock.after(FLOW_S),
        }
        async with self._database.write() as connection:
            await connection.execute(delete(sign_in_flows).where(sign_in_flows.c.expires <= clock.now()))
            count = await connection.scalar(select(func.count()).select_from(sign_in_flows))
            if (count or 0) >= MOST_FLOWS:
                raise TooMany("Too many sign-ins were begun. Try again in a few minutes.", FLOW_S // 2)
            await connection.execute(insert(sign_in_flows).values(row))
        return flow

    async def take(self, state: str, browser: str) -> Flow | None:
        """Return the flow with which a browser comes back, and end it; None: it is not this browser's.

        Parameters
        ----------
        state : str
            From the address.
        browser : str
            From the cookie.
        """
        mine = (sign_in_flows.c.state == token_hash(state), sign_in_flows.c.browser == token_hash(browser))
        valid = sign_in_flows.c.expires > clock.now()
        taken = delete(sign_in_flows).where(*mine, valid).returning(*sign_in_flows.c)
        async with self._database.write() as connection:
            row = (await connection.execute(taken)).mappings().one_or_none()
        if row is None:
            return None
        kept = {name: row[name] for name in ("provider", "nonce", "verifier", "next", "session")}
        return Flow(state=state, browser=browser, **kept)
