"""``python -m benchmarks.labelling [--quick] [--looks S]``: 1,000 labels by keys, two kills, one cut.

Prints labels an hour, and how long a key takes to bring the next spectrum on the screen of Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import threading
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.labelling.person import Person, batch_of, latencies_ms, stored, truth_of, upload
from benchmarks.labelling.platform import KillablePlatform
from benchmarks.result import Result, machine, print_result, print_table
from spectra.synthetic import write_folder

GOAL_AN_HOUR = 1200.0
GOAL_MS = 50.0
PATIENCE_MS = 180_000  # of a busy machine, on which a platform starts slowly
DEAD_S = 3.0  # before a killed platform is started again
CUT_S = 5.0


def main() -> None:
    """Label, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 spectra")
    parser.add_argument(
        "--looks", type=float, default=0.0, help="seconds for which each spectrum is looked at"
    )
    given = parser.parse_args()
    count = 100 if given.quick else 1000
    with tempfile.TemporaryDirectory() as folder:
        measured = _run(Path(folder), count, given.looks)
    print(machine())
    print_table(
        ("labels", "lost", "seconds", "labels an hour", "median ms", "95 % ms", "largest ms"),
        [
            (
                measured["labels"],
                measured["lost"],
                measured["seconds"],
                measured["an_hour"],
                *(measured[name] for name in ("median", "p95", "largest")),
            )
        ],
    )
    lost, rate, late = measured["lost"], measured["an_hour"], measured["p95"]
    print_result(Result("labels lost", lost, 0, lost, "labels", "0", lost == 0))
    print_result(
        Result(
            "labels an hour", rate, GOAL_AN_HOUR, rate / GOAL_AN_HOUR, "1/h", "≥ 1200", rate >= GOAL_AN_HOUR
        )
    )
    print_result(
        Result("key to spectrum, 95 %", late, GOAL_MS, late / GOAL_MS, "ms", "≤ 50", late <= GOAL_MS)
    )


def _run(folder: Path, count: int, looks_s: float) -> dict[str, float]:
    spectra = folder / "spectra"
    write_folder(spectra, count)
    truth = truth_of(spectra)
    chromium = shutil.which("chromium")
    with KillablePlatform(folder / "home") as platform, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(base_url=platform.address, viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(platform.link())
        batch = batch_of(
            context.request, upload(context.request, spectra), tuple(sorted(set(truth.values())))
        )
        page.goto(batch.path)
        person = Person(page, batch, truth, looks_s=looks_s)

        def kill() -> None:
            platform.kill()
            threading.Timer(DEAD_S, platform.start).start()

        def cut() -> None:
            context.set_offline(True)

        def mend() -> None:
            time.sleep(CUT_S)
            context.set_offline(False)

        joins = {count // 4: kill, count // 2: cut, count // 2 + 10: mend, 3 * count // 4: kill}
        started = time.monotonic()
        done = person.label(count, joins)
        person.sent()
        seconds = time.monotonic() - started
        there = stored(context.request, batch)
        times = sorted(latencies_ms(page))
        browser.close()
    return {
        "labels": done,
        "lost": sum(there.get(name) != label for name, label in person.given.items()) + count - done,
        "seconds": seconds,
        "an_hour": done / seconds * 3600,
        "median": statistics.median(times),
        "p95": times[int(len(times) * 0.95)],
        "largest": times[-1],
    }


if __name__ == "__main__":
    main()
