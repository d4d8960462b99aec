"""The migrations are one line: every revision has an id of its own, and one follows the other."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import dashboard.database.migrations.versions as versions


def test_every_revision_has_its_own_id_and_one_follower() -> None:
    files = sorted(Path(next(iter(versions.__path__))).glob("[0-9]*.py"))
    texts = [file.read_text("utf-8") for file in files]
    for name in ("revision", "down_revision"):
        found = [re.search(rf"^{name}\b[^=]*= *(\S+)", text, re.MULTILINE) for text in texts]
        values = Counter(one[1] for one in found if one)
        assert values.total() == len(files)
        assert [value for value, times in values.items() if times > 1] == []
