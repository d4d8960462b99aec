"""Codes of apps: of which time they are, and that none is taken twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

from dashboard.auth.second_factor import totp
from dashboard.auth.second_factor.factors import RECOVERY_CODES, SecondFactors
from dashboard.base.credential_cipher import CredentialCipher
from dashboard.base.errors import Conflict, Invalid
from dashboard.database.engine import Database
from dashboard.database.tables import second_factors
from tests.unit.dashboard.migrated import migrated_database

NOW = 1_800_000_000.0


class Clock:
    """A clock that stands where the test puts it."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    file = tmp_path / "huggins.sqlite"
    file.write_bytes(migrated_database())
    database = Database(f"sqlite:///{file}")
    yield database
    await database.close()


@pytest.fixture
def cipher(tmp_path: Path) -> CredentialCipher:
    return CredentialCipher(tmp_path / "credentials.key", ())


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def enabled(factors: SecondFactors, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    app = pyotp.TOTP(await factors.begin("eva"))
    codes = await factors.confirm("eva", app.at(clock.now))
    clock.now += 300
    return app, codes


def test_the_codes_are_those_of_the_standard() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # RFC 6238, appendix B, whose codes have eight digits
    assert totp.step_of(secret, "287082", 59) == 1
    assert totp.step_of(secret, "081804", 1_111_111_109) == 1_111_111_109 // 30


@pytest.mark.parametrize(("late_s", "taken"), [(0, True), (30, True), (-30, True), (61, False), (-61, False)])
def test_a_clock_may_be_one_step_off(late_s: int, taken: bool) -> None:
    secret = totp.new_secret()
    code = pyotp.TOTP(secret).at(NOW)
    assert (totp.step_of(secret, code, NOW + late_s) is not None) is taken


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34", "-12345"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert totp.step_of(totp.new_secret(), totp.cleaned(code), NOW) is None


def test_a_code_is_taken_as_apps_show_it() -> None:
    assert totp.cleaned(" 123 456 ") == "123456"
    assert totp.qr_code(totp.address("A" * 32, "eva", "x")).startswith("data:image/svg+xml")


async def test_a_second_factor_counts_from_its_first_code_on(
    database: Database, cipher: CredentialCipher, clock: Clock
) -> None:
    factors = SecondFactors(database, cipher, clock)
    secret = await factors.begin("eva")
    assert not (await factors.state("eva")).enabled
    with pytest.raises(Invalid):
        await factors.confirm("eva", "000000")
    assert not (await factors.state("eva")).enabled
    codes = await factors.confirm("eva", pyotp.TOTP(secret).at(clock.now))
    state = await factors.state("eva")
    assert (state.enabled, state.recovery_left) == (True, RECOVERY_CODES)
    assert len(set(codes)) == RECOVERY_CODES
    with pytest.raises(Conflict):
        await factors.begin("eva")


async def test_no_code_is_taken_twice_nor_one_before_it(
    database: Database, cipher: CredentialCipher, clock: Clock
) -> None:
    factors = SecondFactors(database, cipher, clock)
    app, _ = await enabled(factors, clock)
    code, before = app.at(clock.now), app.at(clock.now - 30)
    assert await factors.check("eva", code)
    assert not await factors.check("eva", code)
    assert not await factors.check("eva", before)
    clock.now += 30
    assert await factors.check("eva", app.at(clock.now))


async def test_of_two_at_once_one_code_lets_one_in(
    database: Database, cipher: CredentialCipher, clock: Clock
) -> None:
    factors = SecondFactors(database, cipher, clock)
    app, _ = await enabled(factors, clock)
    code = app.at(clock.now)
    assert sorted(await asyncio.gather(*(factors.check("eva", code) for _ in range(5)))) == [False] * 4 + [
        True
    ]


async def test_a_recovery_code_is_good_once_and_new_ones_end_the_old(
    database: Database, cipher: CredentialCipher, clock: Clock
) -> None:
    factors = SecondFactors(database, cipher, clock)
    _, codes = await enabled(factors, clock)
    assert await factors.check("eva", codes[0].upper().replace("-", " "))
    assert not await factors.check("eva", codes[0])
    assert not await factors.check("adam", codes[1])
    assert (await factors.state("eva")).recovery_left == RECOVERY_CODES - 1
    renewed = await factors.renew_recovery_codes("eva")
    assert not await factors.check("eva", codes[1])
    assert await factors.check("eva", renewed[0])


async def test_removed_it_is_gone_with_its_codes(
    database: Database, cipher: CredentialCipher, clock: Clock
) -> None:
    factors = SecondFactors(database, cipher, clock)
    app, codes = await enabled(factors, clock)
    assert await factors.remove("eva")
    assert not await factors.remove("eva")
    assert not await factors.check("eva", app.at(clock.now))
    assert not await factors.check("eva", codes[0])


async def test_the_secret_is_encrypted_and_without_its_key_recovery_codes_are_the_way_in(
    database: Database, cipher: CredentialCipher, clock: Clock, tmp_path: Path
) -> None:
    factors = SecondFactors(database, cipher, clock)
    app, codes = await enabled(factors, clock)
    async with database.read() as connection:
        stored = (await connection.execute(select(second_factors.c.secret))).scalar_one()
    assert app.secret not in stored
    other = SecondFactors(database, CredentialCipher(tmp_path / "other.key", ()), clock)
    assert not await other.check("eva", app.at(clock.now))
    assert await other.check("eva", codes[0])
