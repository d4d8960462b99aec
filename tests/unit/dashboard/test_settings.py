"""Settings: the file, the environment, their mistakes, and their documentation."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from dashboard.auth.identity import Role
from dashboard.settings import NodeSettings, Settings, SettingsError, sections
from dashboard.settings.providers import ROLES, mapping
from launchers.options import options_of
from launchers.registry import KINDS

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "settings.md"


def load(tmp_path: Path, text: str = "", **environ: str) -> Settings:
    file = tmp_path / "huggins.toml"
    file.write_text(text)
    return Settings.load(file, environ)


def test_without_file_and_environment_there_is_one_local_node_in_the_working_directory(
    tmp_path: Path,
) -> None:
    settings = Settings.load(tmp_path / "none.toml", {})
    assert settings == Settings()
    assert settings.home == Path.cwd() / ".huggins"
    assert settings.nodes == {"local": NodeSettings()}
    assert settings.database_url == f"sqlite:///{settings.home}/huggins.sqlite"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings = load(
        tmp_path, 'home = "/a"\n[server]\nport = 1\nhost = "h"', HUGGINS_SERVER_PORT="2", HUGGINS_HOME="/b"
    )
    assert (settings.server.port, settings.server.host, settings.home) == (2, "h", Path("/b"))


def test_nodes_of_the_file_can_be_changed_by_the_environment(tmp_path: Path) -> None:
    text = '[nodes.gpu-box]\nkind = "docker"\ncpus = 4\nlabels = ["gpu"]'
    settings = load(tmp_path, text, HUGGINS_NODES_GPU_BOX_MEMORY_MB="64", HUGGINS_NODES_GPU_BOX_LABELS="a, b")
    expected = NodeSettings(kind="docker", cpus=4.0, memory_mb=64, labels=("a", "b"))
    assert settings.nodes == {"gpu-box": expected}


def test_a_flag_is_set_by_the_file_and_by_the_environment(tmp_path: Path) -> None:
    assert not load(tmp_path, "[people]\nvisitors = false").people.visitors
    assert load(tmp_path, "[people]\nvisitors = false", HUGGINS_PEOPLE_VISITORS="True").people.visitors


@pytest.mark.parametrize(
    ("text", "environ", "message"),
    [
        ("[server]\nprot = 1", {}, "server.prot: there is no such setting; did you mean 'port'?"),
        ("[sevrer]\nport = 1", {}, "sevrer: there is no such setting; did you mean 'server'?"),
        (
            "",
            {"HUGGINS_SERVER_PROT": "1"},
            "HUGGINS_SERVER_PROT: there is no such setting; did you mean 'port'?",
        ),
        ("", {"HUGGINS_NODES_LOCAL_KIDN": "x"}, "HUGGINS_NODES_LOCAL_KIDN: a node has no such setting"),
        ('[server]\nport = "x"', {}, "server.port: must be a whole number, not 'x'"),
        ("[server]\nport = true", {}, "server.port: must be a whole number, not True"),
        ("", {"HUGGINS_SERVER_PORT": "x"}, "HUGGINS_SERVER_PORT: 'x' is not a number"),
        ("[people]\nvisitors = 0", {}, "people.visitors: must be true or false, not 0"),
        ("", {"HUGGINS_PEOPLE_VISITORS": "x"}, "HUGGINS_PEOPLE_VISITORS: must be true or false, not 'x'"),
        ("server = 1", {}, "server: must be a table"),
        ('[nodes.a]\nkind = "slurmm"', {}, "nodes.a.kind: 'slurmm' is none of auto, "),
        ("[nodes.a]\nlabels = [1]", {}, "nodes.a.labels: must be a list of texts"),
        ("=", {}, "huggins.toml: "),
    ],
)
def test_a_mistake_is_named_with_its_place(
    tmp_path: Path, text: str, environ: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text, **environ)
    assert message in str(caught.value)


def test_variables_of_others_that_begin_alike_are_left_alone(tmp_path: Path) -> None:
    others = {"HUGGINS_DATA": "/d", "HUGGINS_MODEL": "/m", "HUGGINS_REGISTRY": "r", "HUGGINS_HOME_OF": "x"}
    assert load(tmp_path, **others) == load(tmp_path)


def test_every_setting_is_documented_with_its_default() -> None:
    documented: dict[str, dict[str, str]] = {}
    section = ""
    for line in DOCUMENT.read_text("utf-8").splitlines():
        if heading := re.fullmatch(r"## `\[(.+)\]`", line):
            section = heading[1]
        elif section and (row := re.match(r"\| `(\w+)` \| `(.+?)` \| .+ \|$", line)):
            documented.setdefault(section, {})[row[1]] = row[2]
    expected = {
        name: {
            entry.name: json.dumps(list(value) if isinstance(value, tuple) else value)
            for entry, value in ((entry, getattr(kind(), entry.name)) for entry in dataclasses.fields(kind))
        }
        for name, kind in sections().items()
    }
    assert documented == expected


def test_the_keys_of_nodes_are_documented_by_their_launchers_descriptions() -> None:
    table = DOCUMENT.read_text("utf-8").partition("## `[nodes.NAME]`")[2]
    rows = dict(re.findall(r"^\| `(\w+)` \| `.+?` \| (.+) \|$", table, re.MULTILINE))
    described = options_of(NodeSettings)
    assert rows == {name: option.text for name, option in described.items()}
    assert set(described) == {entry.name for entry in dataclasses.fields(NodeSettings)}


def test_every_option_of_every_kind_of_launcher_is_a_key_of_a_node() -> None:
    keys = set(options_of(NodeSettings))
    assert all(set(options_of(kind.options)) <= keys for kind in KINDS.values())


OIDC = '[oidc.kc]\nissuer = "https://sso.example.org/realms/a"\nclient_id = "huggins"\n'


def test_a_provider_is_set_by_the_file_and_its_secret_by_the_environment(tmp_path: Path) -> None:
    settings = load(tmp_path, f'{OIDC}roles = ["a=b:c = user"]', HUGGINS_OIDC_KC_CLIENT_SECRET="s")
    provider = settings.oidc["kc"]
    assert (provider.issuer, provider.client_secret) == ("https://sso.example.org/realms/a", "s")
    assert mapping(provider.roles) == {"a=b:c": ("user",)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[oidc.kc]\nclient_id = "x"', "oidc.kc.issuer: is needed, or all of authorization_url"),
        ('[oidc.kc]\nissuer = "https://a"', "oidc.kc.client_id: is needed"),
        (f'{OIDC}issuer2 = "x"', "oidc.kc.issuer2: there is no such setting; did you mean 'issuer'?"),
        ('[oidc.kc]\nissuer = "http://a"\nclient_id = "x"', "must be an address that begins with https://"),
        ('[oidc."k c"]\nissuer = "https://a"\nclient_id = "x"', "oidc.k c: a name has 1 to 40"),
        (f'{OIDC}roles = ["a = king"]', "oidc.kc.roles: 'king' is none of viewer, user"),
        (f'{OIDC}roles = ["user"]', "oidc.kc.roles: 'user' is not of the form 'group = value'"),
        (f'{OIDC}default_role = "king"', "oidc.kc.default_role: 'king' is none of"),
        (f'{OIDC}scopes = ["email"]', "oidc.kc.scopes: must contain 'openid'"),
        (f'{OIDC}networks = ["10"]', "oidc.kc.networks: "),
        ('[people]\nregistration = "all"', "people.registration: 'all' is none of closed, invited, open"),
        ('[people]\nregistered_role = "admin"', "people.registered_role: 'admin' is none of"),
        ('[people]\nsecond_factor = ["king"]', "people.second_factor: 'king' is none of"),
    ],
)
def test_a_mistake_about_signing_in_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert message in str(caught.value)


def test_a_secret_of_a_provider_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"oidc\.kc\.client_secret holds a secret.*0644"):
        load(tmp_path, f'{OIDC}client_secret = "s"')
    secret = tmp_path / "secret"
    secret.write_text("s")
    secret.chmod(0o644)
    with pytest.raises(SettingsError, match=r"oidc\.kc\.client_secret_file: .*0644"):
        load(tmp_path, f'{OIDC}client_secret_file = "{secret}"')


def test_the_roles_of_the_settings_are_those_of_identities() -> None:
    assert tuple(Role) == ROLES
