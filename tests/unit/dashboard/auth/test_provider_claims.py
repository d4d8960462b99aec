"""What claims say of somebody: groups to roles and projects, addresses, and a name for a new account."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.auth.identity import Role
from dashboard.auth.oidc.claims import account_names, person_of, projects_of, role_of
from dashboard.auth.oidc.errors import ProviderDenied
from dashboard.settings import ProviderSettings

EGI = "urn:mace:egi.eu:group:vo.example.org:role=member#aai.egi.eu"


def person(claims: dict[str, Any], **settings: Any) -> Any:
    settings = {"issuer": "https://sso.example.org", "client_id": "huggins", **settings}
    return person_of("https://sso.example.org", {"sub": "u1", **claims}, ProviderSettings(**settings))


@pytest.mark.parametrize(
    ("claims", "claim", "groups"),
    [
        ({"groups": ["/a", "b"]}, "groups", ("/a", "b")),
        ({"groups": "a"}, "groups", ("a",)),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ("a",)),
        ({"realm.roles": ["a"], "realm": {"roles": ["b"]}}, "realm.roles", ("a",)),
        ({"eduperson_entitlement": [EGI]}, "eduperson_entitlement", (EGI,)),
        ({"groups": [1, None, {"a": 1}, "", "b"]}, "groups", ("b",)),
        ({"groups": {"a": 1}}, "groups", ()),
        ({}, "realm_access.roles", ()),
        ({"realm_access": "x"}, "realm_access.roles", ()),
    ],
)
def test_groups_are_read_from_the_claim(claims: dict[str, Any], claim: str, groups: tuple[str, ...]) -> None:
    assert person(claims, groups_claim=claim).groups == groups


def test_the_highest_role_of_the_groups_counts() -> None:
    settings = ProviderSettings(roles=("a = viewer", "b = publisher", f"{EGI} = user", "b = user"))
    assert role_of(person({"groups": ["a", "b"]}), settings) is Role.PUBLISHER
    assert role_of(person({"groups": [EGI]}), settings) is Role.USER
    assert role_of(person({"groups": ["A", "c"]}), settings) is None
    assert role_of(person({}), ProviderSettings(default_role="viewer")) is Role.VIEWER
    assert role_of(person({"groups": ["a"]}), ProviderSettings()) is None


def test_projects_are_those_of_the_groups_and_others_are_left_alone() -> None:
    settings = ProviderSettings(projects=("a = north", "a = south", "b = west"))
    assert projects_of(person({"groups": ["a"]}), settings) == (
        {"north", "south"},
        {"north", "south", "west"},
    )


@pytest.mark.parametrize(
    ("claims", "settings", "email"),
    [
        ({"email": "eva@example.org", "email_verified": True}, {}, "eva@example.org"),
        ({"email": "eva@example.org", "email_verified": False}, {}, ""),
        ({"email": "eva@example.org", "email_verified": "true"}, {}, ""),
        ({"email": "eva@example.org"}, {}, ""),
        ({"email": "eva@example.org"}, {"emails_verified": True}, "eva@example.org"),
        ({"email": "еva@example.org", "email_verified": True}, {}, ""),  # the first letter is Cyrillic
        ({"email": "ｅva@example.org", "email_verified": True}, {}, ""),
        ({"email": ["eva@example.org"], "email_verified": True}, {}, ""),
        ({"email": "none", "email_verified": True}, {}, ""),
    ],
)
def test_an_address_counts_where_the_provider_has_verified_it(
    claims: dict[str, Any], settings: dict[str, Any], email: str
) -> None:
    assert person(claims, **settings).email == email


@pytest.mark.parametrize(
    ("claims", "names"),
    [
        ({"preferred_username": "eva"}, ["eva", "eva-2"]),
        ({"preferred_username": "Eva.Nováková"}, ["eva.novakova", "eva.novakova-2"]),
        ({"preferred_username": "eva@example.org"}, ["eva", "eva-2"]),
        ({"email": "e.n@example.org"}, ["e.n", "e.n-2"]),
        ({"preferred_username": "admin"}, ["admin-2", "admin-3"]),
        ({"preferred_username": "owner"}, ["owner-2", "owner-3"]),
        ({"preferred_username": "x" * 99}, ["x" * 30, "x" * 30 + "-2"]),
        ({"preferred_username": "../a b/"}, ["a-b", "a-b-2"]),
    ],
)
def test_a_name_is_made_that_an_account_may_have(claims: dict[str, Any], names: list[str]) -> None:
    found = account_names(person(claims))
    assert [next(found), next(found)] == names


def test_a_name_in_another_script_is_made_from_the_subject() -> None:
    assert next(account_names(person({"preferred_username": "ева"}))).startswith("user-")


def test_of_plain_oauth_the_id_names_somebody() -> None:
    found = person_of("https://api.example.org/user", {"id": 17, "login": "eva"}, ProviderSettings())
    assert (found.subject, found.wanted_name) == ("17", "eva")
    for claims in ({}, {"id": True}, {"id": None}, {"id": 1.5}, {"id": "a\nb"}):
        with pytest.raises(ProviderDenied):
            person_of("https://api.example.org/user", claims, ProviderSettings())
