"""Credentials in the database: encrypted, rotated, and named where their key is missing."""

from __future__ import annotations

from pathlib import Path

import pyotp
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import insert, select, update

from dashboard.auth.identity import OWNER
from dashboard.backup.check import Fault, check
from dashboard.base import clock
from dashboard.base.credential_cipher import CredentialCipher, key_name
from dashboard.base.errors import Unavailable
from dashboard.database.credentials import credential_columns, encrypt_stored
from dashboard.database.tables import metadata, notification_settings
from dashboard.notifications.webhook import signature
from dashboard.platform import Platform
from dashboard.settings import Settings, SettingsError
from tests.platform.world import World

HOOK = {"webhook": "https://example.org/hook"}


@pytest.fixture
def cipher(tmp_path: Path) -> CredentialCipher:
    return CredentialCipher(tmp_path / "credentials.key")


def raw(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.glob("huggins.sqlite*"))


async def stored(platform: Platform) -> str:
    async with platform.database.read() as connection:
        return str((await connection.execute(select(notification_settings.c.secret))).scalar_one())


def test_what_is_stored_tells_nothing_and_is_read_again(cipher: CredentialCipher) -> None:
    kept = cipher.encrypt("zirconium")
    assert "zirconium" not in kept
    assert cipher.encrypt("zirconium") != kept
    assert cipher.decrypt(kept) == "zirconium"
    assert (cipher.encrypt(""), cipher.decrypt("")) == ("", "")
    assert cipher.file.stat().st_mode & 0o777 == 0o600


def test_another_key_a_changed_text_and_an_open_file_say_what_to_do(cipher: CredentialCipher) -> None:
    kept = cipher.encrypt("zirconium")
    other = CredentialCipher(cipher.file.with_name("other"))
    other.encrypt("x")
    with pytest.raises(Unavailable, match=r"key [0-9a-f]{8}.*other does not hold: put that key back"):
        other.decrypt(kept)
    with pytest.raises(Unavailable, match="was changed"):
        cipher.decrypt(kept[:-2] + ("AA" if kept[-2:] != "AA" else "BB"))
    cipher.file.chmod(0o644)
    with pytest.raises(Unavailable, match="chmod 600"):
        cipher.decrypt(kept)
    cipher.file.chmod(0o600)
    cipher.file.write_text("no key\n")
    with pytest.raises(Unavailable, match=r"key 1 is none.*Restore the file"):
        cipher.decrypt(kept)


def test_old_keys_decrypt_until_they_are_removed_also_in_another_process(cipher: CredentialCipher) -> None:
    kept = cipher.encrypt("zirconium")
    beside = CredentialCipher(cipher.file)
    assert beside.decrypt(kept) == "zirconium"
    cipher.add_key()
    assert not beside.is_newest(kept)
    again = beside.encrypt(beside.decrypt(kept))
    assert beside.is_newest(again)
    assert cipher.keep_newest() == 1
    assert beside.decrypt(again) == "zirconium"
    assert not beside.readable(kept)


def test_keys_of_the_settings_replace_the_file(tmp_path: Path) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    kept = CredentialCipher(tmp_path / "k", [old]).encrypt("zirconium")
    both = CredentialCipher(tmp_path / "k", [new, old])
    assert both.decrypt(kept) == "zirconium"
    assert both.encrypt("x").split(":")[1] == key_name(new)
    with pytest.raises(Unavailable, match=r"credentials\.keys"):
        both.add_key()
    assert not (tmp_path / "k").exists()


def test_keys_in_settings_that_others_can_read_are_not_used(tmp_path: Path) -> None:
    file = tmp_path / "huggins.toml"
    file.write_text(f'[credentials]\nkeys = ["{Fernet.generate_key().decode()}"]\n')
    file.chmod(0o644)
    with pytest.raises(SettingsError, match=r"credentials\.keys holds keys.*HUGGINS_CREDENTIALS_KEYS"):
        Settings.load(file, {})
    file.chmod(0o600)
    assert len(Settings.load(file, {}).credentials.keys) == 1


def test_every_column_that_by_its_name_holds_a_secret_is_encrypted_or_a_hash() -> None:
    hashes = {"users.password"}
    by_name = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if any(word in column.name for word in ("secret", "password", "credential", "private_key"))
        and not column.name.endswith("_until")
    }
    assert by_name == hashes | {f"{column.table.name}.{column.name}" for column in credential_columns()}


async def test_secrets_of_an_older_home_are_encrypted_at_the_start(world: World) -> None:
    platform = await world.platform()
    row = {"identity": "owner", "email": "", **HOOK, "about": "all", "changed": clock.now()}
    async with platform.database.write() as connection:
        await connection.execute(insert(notification_settings).values(**row, secret="whs_zirconium"))
    assert b"whs_zirconium" in raw(world.home)
    await world.close()
    platform = await world.platform()
    assert platform.stored_credentials.encrypted == 1
    assert (await platform.preferences.get("owner")).secret == "whs_zirconium"
    assert b"whs_zirconium" not in raw(world.home)


async def test_a_new_secret_signs_beside_the_one_before_for_a_day(world: World) -> None:
    platform = await world.platform()
    first = await platform.preferences.put(OWNER.user, HOOK)
    assert await platform.preferences.signing_secrets(OWNER.user) == [first.secret]
    second = await platform.preferences.put(OWNER.user, {"secret": "new"})
    assert second.secret != first.secret
    both = await platform.preferences.signing_secrets(OWNER.user)
    assert both == [second.secret, first.secret]
    assert signature(both, b"{}", 1).count("v1=") == 2
    past = update(notification_settings).values(secret_before_until=clock.after(-1))
    async with platform.database.write() as connection:
        await connection.execute(past)
    assert await platform.preferences.signing_secrets(OWNER.user) == [second.secret]


async def test_rotation_encrypts_everything_again(world: World) -> None:
    platform = await world.platform()
    made = await platform.preferences.put(OWNER.user, HOOK)
    before = await stored(platform)
    platform.credentials.add_key()
    done = await encrypt_stored(platform.database, platform.credentials)
    assert (done.encrypted, done.unreadable) == (1, ())
    platform.credentials.keep_newest()
    assert await stored(platform) != before
    assert (await platform.preferences.get(OWNER.user)).secret == made.secret


async def test_without_its_key_a_credential_stays_and_is_named(world: World) -> None:
    platform = await world.platform()
    made = await platform.preferences.put(OWNER.user, HOOK)
    key, before = platform.credentials.file.read_text(), await stored(platform)
    await world.close()
    (world.home / "credentials.key").unlink()
    platform = await world.platform()
    assert platform.stored_credentials.unreadable == ("notification_settings.secret",)
    assert (await platform.preferences.get(OWNER.user)).secret == ""
    with pytest.raises(Unavailable, match="put that key back"):
        await platform.preferences.signing_secrets(OWNER.user)
    found = [one async for one in check(world.home, platform.database, credentials=platform.credentials)]
    assert [one.fault for one in found] == [Fault.CREDENTIAL]
    assert await stored(platform) == before
    platform.credentials.file.write_text(key)
    platform.credentials.file.chmod(0o600)
    assert (await platform.preferences.get(OWNER.user)).secret == made.secret


async def test_secrets_of_second_factors_are_encrypted_and_recovery_codes_work_without_the_key(
    world: World,
) -> None:
    platform = await world.platform()
    secret = await platform.second_factors.begin("eva")
    assert await platform.second_factors.begun("eva") == secret
    codes = await platform.second_factors.confirm("eva", pyotp.TOTP(secret).now())
    assert secret.encode() not in raw(world.home)
    platform.credentials.file.unlink()
    assert await platform.second_factors.check("eva", codes[0])
    assert not await platform.second_factors.check("eva", pyotp.TOTP(secret).now())
