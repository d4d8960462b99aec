"""Two runs as one: what passed on a bare machine is not run again where the components are.

``--record-passed FILE`` writes the tests that passed, ``--skip-passed FILE`` leaves them out. Without either,
this plugin does nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

#: What pytest-xdist appends to the id of a test that is in a group.
AT_GROUP = re.compile(r"@[\w.-]+$")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("runs in two parts")
    group.addoption("--record-passed", type=Path, metavar="FILE", help="write the tests that passed")
    group.addoption("--skip-passed", type=Path, metavar="FILE", help="leave out the tests in FILE")


def pytest_configure(config: pytest.Config) -> None:
    file = config.getoption("record_passed")
    # A worker of pytest-xdist reports to the controller, which writes.
    if file is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(file))


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist appends groups to ids
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    file = config.getoption("skip_passed")
    if file is None:
        return
    passed = set(file.read_text().splitlines())
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in passed])
    items[:] = [item for item in items if item.nodeid not in passed]


class Recorder:
    """Collects the tests whose call, setup and teardown passed, and writes them in the end."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._called: set[str] = set()
        self._otherwise: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = AT_GROUP.sub("", report.nodeid)
        if report.outcome != "passed":
            self._otherwise.add(name)
        elif report.when == "call":
            self._called.add(name)

    def pytest_sessionfinish(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text("".join(f"{name}\n" for name in sorted(self._called - self._otherwise)))
