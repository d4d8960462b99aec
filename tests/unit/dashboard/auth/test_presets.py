"""The presets of the guide, as they stand there, over claims of the shape that these providers give.

The claims were written after the providers' documentation: none of them was recorded from a real account.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dashboard.auth.identity import Role
from dashboard.auth.oidc.claims import account_names, person_of, projects_of, role_of
from dashboard.settings import ProviderSettings, Settings
from tests.conftest import ROOT

KEYCLOAK = {
    "iss": "https://sso.example.org/realms/institute",
    "sub": "f1b0d6a4-6f0e-4a0b-8a76-6c1c1f0a5b5e",
    "typ": "ID",
    "azp": "huggins",
    "realm_access": {"roles": ["offline_access", "uma_authorization", "astronomer", "survey-team"]},
    "resource_access": {"account": {"roles": ["manage-account", "view-profile"]}},
    "preferred_username": "eva.novak",
    "name": "Eva Nováková",
    "given_name": "Eva",
    "family_name": "Nováková",
    "email": "eva@example.org",
    "email_verified": True,
}
EGI = {
    "iss": "https://aai.egi.eu/auth/realms/egi",
    "sub": "9e1d2c4b7f8a0c3d5e6f@egi.eu",
    "name": "Eva Nováková",
    "preferred_username": "enovak",
    "email": "eva@example.org",
    "email_verified": True,
    "eduperson_assurance": ["https://refeds.org/assurance/IAP/low"],
    "eduperson_entitlement": [
        "urn:mace:egi.eu:group:other.example.org:role=member#aai.egi.eu",
        "urn:mace:egi.eu:group:vo.example.org:role=member#aai.egi.eu",
    ],
}
GITHUB = {"id": 583231, "login": "octo-eva", "name": None, "email": "eva@example.org", "type": "User"}


@pytest.fixture
def presets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, ProviderSettings]:
    """Read the guide's section as `huggins.toml`, with its secrets in files that are there."""
    text = (ROOT / "docs" / "operating.md").read_text("utf-8")
    [toml] = [
        one for one in re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL) if "[oidc." in one
    ]
    secret = tmp_path / "secret"
    secret.write_text("s3cret")
    secret.chmod(0o600)
    file = tmp_path / "huggins.toml"
    file.write_text(re.sub(r'"/etc/huggins/\w+\.secret"', f'"{secret}"', toml), "utf-8")
    monkeypatch.chdir(tmp_path)
    return dict(Settings.load(file).oidc)


@pytest.mark.parametrize(
    ("preset", "claims", "role", "projects", "name", "email"),
    [
        ("keycloak", KEYCLOAK, Role.USER, {"survey"}, "eva.novak", "eva@example.org"),
        ("egi", EGI, Role.USER, set(), "enovak", "eva@example.org"),
        ("github", GITHUB, Role.VIEWER, set(), "octo-eva", ""),
    ],
)
def test_a_preset_of_the_guide_knows_whom_its_provider_names(
    presets: dict[str, ProviderSettings],
    preset: str,
    claims: dict[str, Any],
    role: Role,
    projects: set[str],
    name: str,
    email: str,
) -> None:
    settings = presets[preset]
    person = person_of(settings.issuer, claims, settings)
    assert role_of(person, settings) is role
    assert projects_of(person, settings)[0] == projects
    assert next(account_names(person)) == name
    assert person.email == email
    assert person.subject == str(claims.get("sub", claims.get("id")))


@pytest.mark.parametrize(
    ("preset", "claims"),
    [
        ("keycloak", KEYCLOAK | {"realm_access": {"roles": ["offline_access"]}}),
        ("egi", EGI | {"eduperson_entitlement": []}),
        ("egi", {name: value for name, value in EGI.items() if name != "eduperson_entitlement"}),
    ],
)
def test_groups_of_others_map_to_nothing(
    presets: dict[str, ProviderSettings], preset: str, claims: dict[str, Any]
) -> None:
    settings = presets[preset]
    assert role_of(person_of(settings.issuer, claims, settings), settings) is None


def test_the_presets_are_of_openid_connect_but_for_plain_oauth(presets: dict[str, ProviderSettings]) -> None:
    assert {name: one.is_openid for name, one in presets.items()} == {
        "keycloak": True,
        "egi": True,
        "github": False,
    }
