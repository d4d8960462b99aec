"""Run what failed in the run before once more, one after the other: ``python -m tests.again``.

On two cores a browser or a cluster may have waited too long. More than `MOST` failures are no such thing, and
end this at once. pytest's own ``--last-failed`` does not know the ids that pytest-xdist reports, and would
run everything.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from tests.passed import AT_GROUP

FAILED = Path(".pytest_cache/v/cache/lastfailed")
MOST = 10


def failed(file: Path) -> list[str]:
    """Return the ids of the tests that failed, without the groups that pytest-xdist appends."""
    return sorted({AT_GROUP.sub("", name) for name in json.loads(file.read_text())}) if file.is_file() else []


def main() -> None:
    """Become pytest on the failed tests; exit with 1 where there is nothing to repeat, or too much."""
    names = failed(FAILED)
    if not 0 < len(names) <= MOST:
        sys.exit(f"again: {len(names)} tests failed; from 1 to {MOST} are repeated")
    os.execv(sys.executable, [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *names])


if __name__ == "__main__":
    main()
