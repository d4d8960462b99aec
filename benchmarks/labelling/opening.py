"""``python -m benchmarks.labelling.opening [--rows N]``: how fast the label page of a huge pool opens.

The peer is the page of a pool of 1,000 spectra on the same platform. A batch is 100 spectra from all over the
pool; opened is a page when its first spectrum is drawn in Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

from benchmarks.active.survey import ROWS, write
from benchmarks.labelling.person import DRAWN, NOTHING, Batch, answered, read
from benchmarks.labelling.platform import KillablePlatform
from benchmarks.result import Result, machine, print_result

SMALL = 1000
BATCH = 100
OPENED = 15
CLASSES = ("other", "single peak", "double peak")
GOAL = 1.2
PATIENCE_S = 3600.0


def pool(context: BrowserContext, address: str, file: Path) -> str:
    """Upload a feature set, streamed, and return the id of its dataset.

    Parameters
    ----------
    context : BrowserContext
        Signed in.
    address : str
        Of the platform.
    file : Path
        The feature set.

    Raises
    ------
    AssertionError
        If it is not read in time.
    """
    api = context.request
    made = str(answered(api.post("/data", data={"name": file.stem, "kind": "features"}))["dataset"]["id"])
    cookies = "; ".join(f"{one['name']}={one['value']}" for one in context.cookies(address))
    headers = {"Cookie": cookies, "Content-Length": str(file.stat().st_size), "Origin": address}
    with file.open("rb") as stream:
        url = f"{address}/data/{made}/files/{file.name}"
        with urllib.request.urlopen(urllib.request.Request(url, stream, headers, method="PUT")):
            pass
    read(api, made, PATIENCE_S)
    return made


def opened_ms(context: BrowserContext, dataset: str, rows: int) -> list[float]:
    """Return how long the page of a batch took to open, each time, in ms."""
    api = context.request
    body = {"name": f"of {rows}", "dataset": dataset, "classes": list(CLASSES)}
    label_set = answered(api.post("/label-sets", data=body))["label_set"]["id"]
    chosen = [number * rows // BATCH for number in range(BATCH)]
    wanted = {"name": "batch", "rows": chosen}
    queue = answered(api.post(f"/label-sets/{label_set}/queues", data=wanted))["queue"]["id"]
    batch, times = Batch(label_set, queue, dataset, CLASSES), []
    page = context.new_page()
    for _ in range(OPENED + 1):
        began = time.perf_counter()
        page.goto(batch.path)
        page.wait_for_function(DRAWN, arg=NOTHING)
        times.append(1000 * (time.perf_counter() - began))
    page.close()
    return times[1:]  # the first one also fills the browser's cache of scripts


def measured(context: BrowserContext, address: str, file: Path, rows: int) -> float:
    """Return the median of ms in which the page of a pool opens.

    Parameters
    ----------
    context : BrowserContext
        Signed in.
    address : str
        Of the platform.
    file : Path
        Where the pool is written; it is removed.
    rows : int
        Of the pool.
    """
    write(file, rows)
    began = time.monotonic()
    dataset = pool(context, address, file)
    print(f"{rows:,} rows: uploaded and read in {time.monotonic() - began:.0f} s")
    file.unlink()
    times = opened_ms(context, dataset, rows)
    print(f"{rows:,} rows: opened in {statistics.median(times):.0f} ms (median), {max(times):.0f} ms at most")
    return statistics.median(times)


def main() -> None:
    """Measure both, and print the claim."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    asked = parser.parse_args()
    arguments = ["--no-sandbox", "--disable-gpu"]
    with (
        tempfile.TemporaryDirectory() as text,
        KillablePlatform(Path(text) / "home") as platform,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        context = browser.new_context(base_url=platform.address)
        context.set_default_timeout(1000 * PATIENCE_S)
        context.new_page().goto(platform.link())
        small, large = [
            measured(context, platform.address, Path(text) / f"pool-{rows}.parquet", rows)
            for rows in (SMALL, asked.rows)
        ]
        browser.close()
    print(machine())
    ratio = large / small
    print_result(Result("label_page_of_a_survey", large, small, ratio, "ms", f"≤ {GOAL}", ratio <= GOAL))


if __name__ == "__main__":
    main()
