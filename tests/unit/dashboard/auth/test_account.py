"""Names, e-mail addresses and passwords that are taken, and those that are not."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from dashboard.auth.account import email_errors, email_key, name_errors
from dashboard.auth.passwords import Passwords, weakness
from dashboard.auth.throttle import Throttle

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize("name", ["a", "eva", "e.va-1_b", "x" * 40])
def test_a_name_of_ascii_letters_is_taken(name: str) -> None:
    assert name_errors(name) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "1 to 40"),
        ("x" * 41, "1 to 40"),
        (".eva", "begin"),
        ("eva-", "end"),
        ("eva b", "letters"),
        ("еva", "cyrillic small letter ie"),
        ("evа", "cyrillic small letter a"),
        ("ｅva", "fullwidth"),
        ("eva\n", "letters"),
        ("../eva", "letters"),
        ("owner", "itself"),
        ("platform", "itself"),
    ],
)
def test_a_name_that_looks_like_another_or_is_none_is_rejected(name: str, said: str) -> None:
    assert said in name_errors(name)[0].message


@pytest.mark.parametrize(
    "email", ["eva", "eva@", "@b.c", "a b@c.d", "a@b@c.d", "a@b.c\n", "<a@b.c>", f"a@{'b' * 260}.c"]
)
def test_what_is_no_address_is_rejected(email: str) -> None:
    assert email_errors(email)


def test_addresses_are_the_same_in_any_case() -> None:
    assert email_key("Eva@Example.ORG") == email_key("eva@example.org")
    assert email_key("") is None


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "at least 10"),
        ("x" * 1001, "at most"),
        ("password123", "leaked"),
        ("Password1234!", "leaked"),
        ("QWERTYUIOP", "leaked"),
        ("ababababababab", "different"),
        ("eva.novakova", "name"),
        ("Eva.Novakova1", "name"),
    ],
)
def test_a_weak_password_is_named_as_such(password: str, said: str) -> None:
    assert said in weakness(password, "eva", "Eva Novakova", "eva.novakova@example.org")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("p@ssw0rd1234", "common or leaked"),
        ("passwordpassword", "common or leaked"),
        ("Password2026!!", "common or leaked"),
        ("lkjihgfedcba", "row of letters"),
        ("QWERTYUIOP", "common or leaked"),
        ("eva.novakova.85", "made of your name"),
        ("Nováková1985", "made of your name"),
        ("novakova-eva", "made of your name"),
        ("example.org2026", "made of your name"),
    ],
)
def test_a_weak_password_in_disguise_is_named_as_such(password: str, said: str) -> None:
    assert said in weakness(password, "eva", "Eva Nováková", "eva.novakova@example.org")


@pytest.mark.parametrize("password", ["evaluation of stars", "novak likes old maps", "correct horse battery"])
def test_a_phrase_with_a_part_of_a_name_is_strong_enough(password: str) -> None:
    assert weakness(password, "eva", "Eva Novak") == ""


@pytest.mark.parametrize(
    "email", ["eva@example.org", "e.v-a+b@sub.example.org", "eva@localhost", "o'hara@example.org", ""]
)
def test_an_address_is_taken(email: str) -> None:
    assert email_errors(email) == []


@pytest.mark.parametrize(
    "email",
    [
        *("eva", "eva@", "@example.org", "eva@example..org", "eva@-example.org", "eva@example.org."),
        *(".eva@example.org", "eva.@example.org", "e..a@example.org", "eva@exa mple.org", "a@b@c.org"),
        *("еva@example.org", "eva@exämple.org", "eva@example.org\nBcc: x@y.org", "x" * 65 + "@example.org"),
        *("Eva <eva@example.org>", "eva@example.org,adam@example.org", "a@" + "x" * 64 + ".org"),
    ],
)
def test_what_looks_like_an_address_and_is_none_is_rejected(email: str) -> None:
    assert [error.field for error in email_errors(email)] == ["email"]


def test_a_phrase_is_strong_enough() -> None:
    assert weakness("three dim stars over brno", "eva") == ""


async def test_a_password_is_verified_and_nobody_has_the_empty_one() -> None:
    passwords = Passwords(QUICK)
    stored = await passwords.hash("three dim stars")
    assert await passwords.verify(stored, "three dim stars")
    assert not await passwords.verify(stored, "three dim star")
    assert not await passwords.verify("", "")
    assert not await passwords.verify("", "nobody has this password")
    assert not await passwords.verify("$argon2id$damaged", "three dim stars")


async def test_a_hash_of_other_parameters_is_outdated() -> None:
    stored = await Passwords(QUICK).hash("three dim stars")
    assert Passwords().outdated(stored)
    assert not Passwords(QUICK).outdated(stored)


def test_failures_wait_longer_and_longer_and_are_forgotten() -> None:
    now = [0.0]
    throttle = Throttle(2, 5.0, 60.0, clock=lambda: now[0])
    throttle.failed("eva")
    assert throttle.wait_s("eva") == 0
    waits = []
    for _ in range(6):
        throttle.failed("eva")
        waits.append(throttle.wait_s("eva"))
    assert waits == [5, 10, 20, 40, 60, 60]
    assert throttle.wait_s("adam") == 0
    now[0] = 61.0
    assert throttle.wait_s("eva") == 0
    throttle.failed("eva")
    assert throttle.wait_s("eva") == 0
    throttle.failed("eva")
    throttle.succeeded("eva")
    assert throttle.wait_s("eva") == 0


def test_the_number_of_remembered_keys_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.auth.throttle.MOST_KEYS", 3)
    throttle = Throttle(1, 5.0, 60.0, clock=lambda: 0.0)
    for number in range(10):
        throttle.failed(str(number))
    assert [throttle.wait_s(str(number)) > 0 for number in range(10)] == [False] * 7 + [True] * 3
