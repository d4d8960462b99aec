"""Which tests run one after another when pytest-xdist runs several at once (``--dist loadgroup``).

The tests of one module stay together, so that fixtures of modules are made once. Tests that share a component
that serves only one at a time, or that measure time under load, are one group for the whole run. These groups
come first: they are the longest.
"""

from __future__ import annotations

import pytest

#: Group, and the beginnings of the ids of its tests.
SERIAL = {
    "slurm": ("tests/integration/slurm/", "tests/integration/crash/test_slurm.py"),
    "serving": ("tests/integration/deploy/", "tests/integration/serving", "tests/integration/story/"),
    # With a platform of their own: the others share one.
    "accounts": tuple(
        f"tests/browser/test_{name}.py" for name in ("people", "administration", "marking", "real_spectra")
    ),
    "browser": ("tests/browser/",),
}
#: Kind of launcher that a test's parameters name, and the group.
KINDS = {"slurm": "slurm", "docker-ssh": "elsewhere", "docker-tls": "elsewhere", "udocker-ssh": "elsewhere"}
#: Fixture that a test asks for by name, and the group.
FIXTURES = {"slurm_state": "slurm", "elsewhere": "elsewhere"}
LONGEST_ID = 32  # bytes
ORDER = {name: place for place, name in enumerate([*SERIAL, "elsewhere"])}


def group_of(item: pytest.Item) -> str:
    """Return the name of the group that a test belongs to."""
    for name, beginnings in SERIAL.items():
        if item.nodeid.startswith(beginnings):
            return name
    for fixture, name in FIXTURES.items():
        if fixture in getattr(item, "fixturenames", ()):
            return name
    parameters = getattr(item, "callspec", None)
    kind = parameters.params.get("rig") if parameters else None
    return KINDS.get(str(kind)) or item.nodeid.partition("::")[0].replace("/", ".")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long bytes by their argument: packed ones hold the time, and processes must have the same ids."""
    return argname if isinstance(val, bytes) and len(val) > LONGEST_ID else None


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not hasattr(config, "workerinput"):
        return
    groups = {item: group_of(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: ORDER.get(groups[item], len(ORDER)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """End the run where pytest-xdist took no groups: tests of one module would be dealt out singly."""
    if not hasattr(session.config, "workerinput") or not session.config.option.loadgroup:
        return
    if alone := [item.nodeid for item in session.items if "@" not in item.nodeid]:
        raise pytest.UsageError(f"pytest-xdist took no group of {alone[0]}: does it fit pytest's version?")
