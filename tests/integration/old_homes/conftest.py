"""A copy of the home that version 0.1 left, with its database rebuilt from SQL."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from dashboard.settings import NodeSettings, ServerSettings, Settings

MADE = Path(__file__).parent / "home_0_1"
PLACEHOLDER = "@HOME@"
TEXT = (".json", ".csv", ".txt", ".jsonl", ".log", "")
LATER = "2999-01-01T00:00:00.000Z"


@dataclass(frozen=True)
class OldHome:
    """A home as the version before left it.

    Attributes
    ----------
    folder
        The home.
    """

    folder: Path

    @property
    def settings(self) -> Settings:
        """Those that the version before ran with."""
        nodes = {"local": NodeSettings(kind="process")}
        return Settings(home=self.folder, server=ServerSettings(port=0), nodes=nodes)

    def rows(self, table: str) -> list[sqlite3.Row]:
        """Return the rows of a table as the file holds them now."""
        with contextlib.closing(sqlite3.connect(self.folder / "huggins.sqlite")) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(f"select * from {table}").fetchall()

    def count(self) -> dict[str, int]:
        """Return how many rows each table of the version before holds."""
        names = [row["name"] for row in self.rows("sqlite_master") if row["type"] == "table"]
        return {name: len(self.rows(name)) for name in names if not name.startswith("sqlite_")}


@pytest.fixture
def old_home(tmp_path: Path) -> OldHome:
    """Return a copy of the home of version 0.1, as it would be minutes after that version was stopped."""
    home = tmp_path / "home"
    with tarfile.open(MADE / "files.tar.xz") as archive:
        # Python 3.11.2, Debian 12's, has no filters yet.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(home)
    for file in home.rglob("*"):
        if file.is_file() and file.suffix in TEXT and PLACEHOLDER in (text := file.read_text("utf-8")):
            file.write_text(text.replace(PLACEHOLDER, str(home)), "utf-8")
    script = (MADE / "database.sql").read_text("utf-8").replace(PLACEHOLDER, str(home))
    with contextlib.closing(sqlite3.connect(home / "huggins.sqlite")) as connection:
        connection.executescript(script)
        # What is old enough is forgotten, and this home grows older: its clock is set to now.
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        connection.execute("update deployment_usage set minute = ?", (int(time.time() // 60) - 5,))
        connection.execute("update deployment_predictions set expires = ?", (LATER,))
        connection.execute("update deployment_gateways set seen = ?", (now,))
        connection.execute("update outbox set due = ?", (LATER,))
        connection.commit()
    assert re.search(r"INSERT INTO \"?alembic_version\"? VALUES\('0005'\)", script)
    return OldHome(home)
