"""Thousands of damaged files of all formats: each is read or rejected, in bounded memory, and harms nobody.

``make chaos`` tries 50,000 of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from dashboard.data.isolated.process_pool import ProcessPool
from dashboard.data.isolated.read_spectra import index_files
from tests.chaos import repeated
from tests.integration.hostile.corpus import corpus, damages, write, write_others
from tests.integration.hostile.mutate import damaged
from tests.integration.serving_faults.callers import ask
from tests.integration.serving_faults.conftest import Forest, forest
from tests.integration.serving_faults.running_gateway import serving

__all__ = ["forest"]

pytestmark = [pytest.mark.data, pytest.mark.chaos]
INDEXED = repeated(45_000, 1_500)
SERVED = repeated(5_000, 400)
AT_ONCE = 50
LIMIT_S = 120.0  # for a batch; a damaged file takes 12 ms on average
PEAK_MB = 1500
HARMLESS = {200, 413, 422}


def index(root: Path, names: list[str], spool: Path) -> float:
    """Index files in a process of the pool; return the most memory it ever had, in MB."""
    index_files(root, [(name, None) for name in names], spool)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def test_the_same_seed_does_the_same_damage(data_folder: Path) -> None:
    files = corpus(data_folder)
    assert len({file.suffix for file in files}) > 8
    content = files[0].read_bytes()
    assert damaged(content, 7) == damaged(content, 7)
    assert len({damaged(content, seed) for seed in range(50)}) > 40


async def test_the_indexer_reads_or_rejects_damaged_files(
    data_folder: Path, tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    cases = damages(data_folder, INDEXED, write_others(tmp_path / "others"))
    pool = ProcessPool(os.cpu_count() or 1)

    async def batch(start: int) -> tuple[float, list[dict[str, Any]]]:
        root = tmp_path / str(start)
        (root / "files").mkdir(parents=True)
        names = write(root / "files", cases[start : start + AT_ONCE])
        spool = root / "spool"
        try:
            peak = await pool.run(
                index, root / "files", names, spool, limit_s=LIMIT_S, reads=[root / "files"], writes=[root]
            )
            lines = [json.loads(line) for line in spool.read_text("utf-8").splitlines()]
        except Exception as error:
            raise AssertionError(f"one of {names} escaped: {error!r}") from error
        finally:
            shutil.rmtree(root)
        return peak, [line["file"] for line in lines if "file" in line]

    try:
        results = await asyncio.gather(*(batch(start) for start in range(0, len(cases), AT_ONCE)))
    finally:
        await pool.stop()
    files = [file for _, read in results for file in read]
    peak_mb = max(peak for peak, _ in results)
    record_testsuite_property("files", len(files))
    record_testsuite_property("with rejections", sum(file["rejected"] > 0 for file in files))
    record_testsuite_property("peak MB", round(peak_mb))
    assert len(files) == len(cases)
    assert peak_mb < PEAK_MB


async def test_a_replica_answers_about_damaged_files_and_lives_on(
    data_folder: Path,
    forest: Forest,
    tmp_path: Path,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    cases = damages(data_folder, SERVED, write_others(tmp_path / "others"))
    async with serving(tmp_path, forest.model, 1) as running, aiohttp.ClientSession() as session:
        name, star = next(iter(forest.stars.items()))
        expected = await ask(session, running.address, name, star)
        processes = {process.pid for process in running.processes()}
        statuses: Counter[int] = Counter()
        for file, seed in cases:
            answer = await ask(session, running.address, file.name, damaged(file.read_bytes(), seed))
            statuses[answer.status] += 1
            assert answer.status in HARMLESS, (file.name, seed, answer.status, answer.body[:300])
        assert (await ask(session, running.address, name, star)).body == expected.body
        assert {process.pid for process in running.processes()} == processes, "a worker was replaced"
        memory_mb = running.memory() / 1024**2
        record_testsuite_property("answers", dict(statuses))
        record_testsuite_property("MB of all processes", round(memory_mb))
        assert memory_mb < PEAK_MB
    assert statuses[422] > len(cases) / 4
