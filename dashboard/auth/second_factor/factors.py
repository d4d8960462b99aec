"""Second factors in the database: begun, confirmed by a first code, checked, removed."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.second_factor import totp
from dashboard.base import clock
from dashboard.base.credential_cipher import CredentialCipher
from dashboard.base.errors import Conflict, FieldError, Invalid
from dashboard.database.engine import Database
from dashboard.database.tables import recovery_codes, second_factors

RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 16 characters of base32
BEGUN = -1  # `last_step` until a first code shows that the app has the secret


@dataclass(frozen=True)
class FactorState:
    """The second factor of a person.

    Attributes
    ----------
    enabled : bool
        Whether a code is asked for.
    created : str or None
        Since when; ISO 8601, UTC.
    recovery_left : int
        Recovery codes that were not used.
    """

    enabled: bool
    created: str | None = None
    recovery_left: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return its fields."""
        return {"enabled": self.enabled, "created": self.created, "recovery_left": self.recovery_left}


class SecondFactors:
    """Keeps the second factors.

    Parameters
    ----------
    database : Database
        Open and migrated.
    credentials : CredentialCipher
        Encrypts the secrets.
    now : callable
        Seconds since 1970.
    """

    def __init__(
        self, database: Database, credentials: CredentialCipher, now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._credentials = credentials
        self._now = now

    async def state(self, user: str) -> FactorState:
        """Return whether a user has a second factor."""
        enabled = select(second_factors.c.created).where(
            second_factors.c.user == user, second_factors.c.last_step != BEGUN
        )
        count = select(func.count()).where(recovery_codes.c.user == user)
        async with self._database.read() as connection:
            created = (await connection.execute(enabled)).scalar_one_or_none()
            left = await connection.scalar(count)
        return FactorState(created is not None, created, int(left or 0) if created else 0)

    async def begin(self, user: str) -> str:
        """Return a new secret, which counts as soon as `confirm` is given a code of it.

        Raises
        ------
        Conflict
            If the user has a second factor already.
        """
        if (await self.state(user)).enabled:
            raise Conflict("You have a second factor: switch it off before you set up another one.")
        secret = totp.new_secret()
        encrypted = self._credentials.encrypt(secret)
        row = {"user": user, "secret": encrypted, "created": clock.now(), "last_step": BEGUN}
        try:
            async with self._database.write() as connection:
                await connection.execute(delete(second_factors).where(_begun(user)))
                await connection.execute(insert(second_factors).values(row))
        except IntegrityError as error:
            raise Conflict("The second factor was set up by another request.") from error
        return secret

    async def begun(self, user: str) -> str:
        """Return the secret that a user has still to confirm; empty: none."""
        async with self._database.read() as connection:
            query = select(second_factors.c.secret).where(_begun(user))
            return self._decrypted((await connection.execute(query)).scalar_one_or_none() or "")

    async def confirm(self, user: str, code: str) -> list[str]:
        """Switch the second factor on.

        Parameters
        ----------
        user : str
            Whose.
        code : str
            The first one of the app, as typed.

        Returns
        -------
        list of str
            Recovery codes; only their hashes are stored.

        Raises
        ------
        Invalid
            If the code is wrong; the secret stays.
        """
        secret = await self.begun(user)
        step = totp.step_of(secret, totp.cleaned(code), self._now()) if secret else None
        if step is None:
            raise wrong_code()
        async with self._database.write() as connection:
            values = {"last_step": step, "created": clock.now()}
            done = await connection.execute(update(second_factors).where(_begun(user)).values(values))
            if not done.rowcount:
                raise Conflict("The second factor was set up by another request.")
            return await _renew(connection, user)

    async def renew_recovery_codes(self, user: str) -> list[str]:
        """Return new recovery codes; the earlier ones end."""
        async with self._database.write() as connection:
            return await _renew(connection, user)

    async def check(self, user: str, code: str) -> bool:
        """Return whether a code of the app or a recovery code is right; it is used up then.

        Parameters
        ----------
        user : str
            Whose.
        code : str
            As typed.
        """
        typed = totp.cleaned(code)
        mine = (second_factors.c.user == user, second_factors.c.last_step != BEGUN)
        async with self._database.read() as connection:
            secret = (await connection.execute(select(second_factors.c.secret).where(*mine))).scalar()
        if secret is None:
            return False
        step = totp.step_of(self._decrypted(secret), typed, self._now())
        async with self._database.write() as connection:
            if step is None:
                same = (recovery_codes.c.user == user, recovery_codes.c.hash == _hash(typed))
                done = await connection.execute(delete(recovery_codes).where(*same))
            else:
                # A code counts once, and none before it (RFC 6238, section 5.2): also of two at once.
                later = update(second_factors).where(*mine, second_factors.c.last_step < step)
                done = await connection.execute(later.values(last_step=step))
        return bool(done.rowcount)

    def _decrypted(self, stored: str) -> str:
        """Return a secret; empty where its key is lost: then recovery codes are the way in."""
        return self._credentials.decrypt(stored) if stored and self._credentials.readable(stored) else ""

    async def remove(self, user: str) -> bool:
        """Switch the second factor off; return whether there was one."""
        async with self._database.write() as connection:
            await connection.execute(delete(recovery_codes).where(recovery_codes.c.user == user))
            done = await connection.execute(delete(second_factors).where(second_factors.c.user == user))
        return bool(done.rowcount)


def wrong_code() -> Invalid:
    """Return the error of a code that is not right."""
    message = "is wrong, was used, or is of another time: check that the clock of your phone is right"
    return Invalid("This code is not right.", [FieldError("code", message)])


async def _renew(connection: AsyncConnection, user: str) -> list[str]:
    codes = [
        base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)
    ]
    await connection.execute(delete(recovery_codes).where(recovery_codes.c.user == user))
    await connection.execute(insert(recovery_codes), [{"user": user, "hash": _hash(code)} for code in codes])
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _begun(user: str) -> Any:
    return (second_factors.c.user == user) & (second_factors.c.last_step == BEGUN)
