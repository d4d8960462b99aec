"""What jobs cost the platform: `python -m benchmarks.jobs [--quick] [claim …]`.

Claims
------
slots_busy
    1,000 queued one-second jobs on the process launcher keep two slots busy: from the moment at which the
    launcher is told to start a job to its process' end, over twice the whole time. What a process needs to
    start counts as the job's, as in any batch system; the table also says how much is the program itself.
job_list_sqlite, job_list_postgresql
    A list of 1,000,000 jobs: milliseconds for any filter, order and page, and those gone on to from there.
    PostgreSQL needs its URL, of an empty database, in ``HUGGINS_BENCHMARK_POSTGRESQL``.
idle_cost
    Processor time of the platform, over the time, with 500 running jobs that do nothing (the fake launcher).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from pathlib import Path

from benchmarks.jobs.job_list import measure as measure_list
from benchmarks.jobs.running import measure_idle, measure_slots
from benchmarks.result import Result, machine, print_result

POSTGRESQL = "HUGGINS_BENCHMARK_POSTGRESQL"
CLAIMS = ("slots_busy", "job_list_sqlite", "job_list_postgresql", "idle_cost")
JOBS, FEW_JOBS = 1000, 30
ROWS, FEW_ROWS = 1_000_000, 20_000
MIXTURES, FEW_MIXTURES = 400, 40
IDLE_S, SHORT_IDLE_S = 60.0, 10.0


async def claim(name: str, folder: Path, *, quick: bool) -> Result | None:
    """Measure one claim.

    Parameters
    ----------
    name : str
        One of the claims that ``--help`` lists.
    folder : Path
        Where databases and jobs are written.
    quick : bool
        Whether to measure with fewer rows and jobs.

    Returns
    -------
    Result or None
        None where what it needs is not there; a line then says so.
    """
    rows, mixtures = (FEW_ROWS, FEW_MIXTURES) if quick else (ROWS, MIXTURES)
    match name:
        case "slots_busy":
            return await measure_slots(folder / "slots", FEW_JOBS if quick else JOBS)
        case "idle_cost":
            return await measure_idle(folder / "idle", SHORT_IDLE_S if quick else IDLE_S)
        case "job_list_sqlite":
            return await measure_list(name, f"sqlite:///{folder / 'list.sqlite'}", rows, mixtures)
        case _:
            if not (url := os.environ.get(POSTGRESQL)):
                print(f"{name}: not measured, {POSTGRESQL} names no database")
                return None
            return await measure_list(name, url, rows, mixtures)


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("claims", nargs="*", choices=[*CLAIMS, []], default=[])
    parser.add_argument("--quick", action="store_true", help="few jobs, small lists: whether it runs at all")
    asked = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        for name in asked.claims or CLAIMS:
            result = asyncio.run(claim(name, Path(folder), quick=asked.quick))
            if result is not None:
                print_result(result)


if __name__ == "__main__":
    main()
