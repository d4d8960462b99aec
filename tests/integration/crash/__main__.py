"""Kill the platform as long as you like: ``python -m tests.integration.crash --seed 7 8 --kills 150``."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from tests.integration.crash.staged import NodePlan
from tests.integration.crash.trial import Trial

PYTHON_IMAGE = os.environ.get("HUGGINS_PYTHON_IMAGE", "huggins/python:3.11")


def node(text: str) -> tuple[str, NodePlan]:
    """Read ``KIND:SHARE[:SLOTS]``."""
    kind, *numbers = text.split(":")
    share, slots = [*map(int, numbers), 4][:2] if len(numbers) < 2 else map(int, numbers)
    return kind, NodePlan(kind, share, slots, PYTHON_IMAGE if kind == "docker" else "")


def main() -> int:
    """Run one trial per seed; return 1 when any found a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--jobs", type=int, default=300)
    parser.add_argument("--kills", type=int, default=110)
    parser.add_argument(
        "--nodes", type=node, nargs="+", default=[node(n) for n in ("fake:6:8", "process:3:3")]
    )
    parser.add_argument("--database", default="", help="URL of an empty database; SQLite without it")
    parser.add_argument("--keep", action="store_true", help="do not remove the folder")
    given = parser.parse_args()
    bad = 0
    for seed in given.seed:
        folder = Path(tempfile.mkdtemp(prefix="crash-"))
        trial = Trial(
            folder, dict(given.nodes), jobs=given.jobs, kills=given.kills, seed=seed, url=given.database
        )
        report = trial.run()
        print(report, *report.faults, sep="\n  ", flush=True)
        bad += bool(report.faults)
        if given.keep or report.faults:
            print(f"  kept in {folder}")
        else:
            shutil.rmtree(folder)
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
