"""Importing a list of links: a VOTable of a million rows into records, and the pages of them."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.result import Result, print_result
from dashboard.auth.identity import OWNER
from dashboard.data.acquisition.acquisition import RecordFilter
from dashboard.platform import Platform

PAGES = 200
TARGET_S, TARGET_MS = 60.0, 50.0
HEAD = (
    '<VOTABLE version="1.4"><RESOURCE type="results"><TABLE>'
    '<FIELD name="access_url" datatype="char" arraysize="*"/><FIELD name="target_name" datatype="char"/>'
    '<FIELD name="class" datatype="char"/><FIELD name="s_ra" datatype="double"/>'
    '<FIELD name="s_dec" datatype="double"/><DATA><TABLEDATA>\n'
)


def rows(count: int) -> Iterator[str]:
    """Yield the rows of a list."""
    for n in range(count):
        cells = (f"https://example.org/s/{n:07}.fits", f"star {n // 2}", "OBAFGKM"[n % 7])
        position = (f"{n * 360 / count:.6f}", f"{n % 180 - 89.5}")
        yield "<TR>" + "".join(f"<TD>{cell}</TD>" for cell in (*cells, *position)) + "</TR>\n"


async def measure_list(
    platform: Platform, folder: Path, count: int, served: AbstractContextManager[int]
) -> None:
    """Import a list of so many rows, then read pages of it.

    Parameters
    ----------
    platform : Platform
        Started.
    folder : Path
        What is served.
    count : int
        Rows.
    served : context manager
        Serves the folder; gives the port.
    """
    with (folder / "list.vot").open("w") as file:
        file.write(HEAD)
        file.writelines(rows(count))
        file.write("</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>")
    service = platform.acquisitions
    with served as port:
        given = {
            "name": "l", "kind": "votable", "values": {"address": f"http://127.0.0.1:{port}/list.vot"}
        }  # fmt: skip
        source = await service.sources.create(given, OWNER)
        began = time.monotonic()
        made = await service.create(source.id, OWNER)
        found = await service.runner.ended(made.id)
        seconds = time.monotonic() - began
    chance, taken = random.Random(1), []
    for _ in range(PAGES):
        began = time.monotonic()
        await service.shown(found, RecordFilter(), chance.randint(1, max(count // 50, 1)), 50)
        taken.append(1000 * (time.monotonic() - began))
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"{found.listed} records listed ({found.state}); page median {statistics.median(taken):.1f} ms")
    claim = f"a list of {count} links is imported"
    print_result(
        Result(claim, seconds, TARGET_S, TARGET_S / seconds, "s", f"≤ {TARGET_S:.0f}", seconds <= TARGET_S)
    )
    claim = f"a page of 50 of {count} records, p95"
    print_result(Result(claim, p95, TARGET_MS, TARGET_MS / p95, "ms", f"≤ {TARGET_MS:.0f}", p95 <= TARGET_MS))
