"""Claiming, beginning and ending an attempt."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from deepaas_plugins.job.job_folder import JobFolder
from deepaas_plugins.pipeline import processors


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    (tmp_path / "job.json").write_text('{"schema": 1, "attempt": "a-1", "action": "train"}')
    return JobFolder(tmp_path)


def test_an_attempt_is_claimed_once(folder: JobFolder) -> None:
    assert folder.claim()
    assert not JobFolder(folder.path).claim()
    claim = json.loads((folder.out / "claim.json").read_text())
    assert claim["attempt"] == "a-1"


def test_the_end_lists_artefacts_with_hashes_and_not_the_protocols_own_files(folder: JobFolder) -> None:
    folder.claim()
    folder.begin()
    (folder.out / "model").mkdir()
    (folder.out / "model" / "weights.npz").write_bytes(b"1234")
    (folder.out / "log.txt").write_text("log")
    (folder.out / ".half").write_text("being written")
    (folder.out / "link").symlink_to("/etc/passwd")
    folder.end("completed", "Done.", 0)
    end = json.loads((folder.out / "exit.json").read_text())
    assert end["artefacts"] == [
        {"path": "model/weights.npz", "size": 4, "sha256": hashlib.sha256(b"1234").hexdigest()}
    ]
    assert not (folder.out / ".reserve").exists()
    assert end["begin"] <= end["end"]


@pytest.mark.parametrize(
    ("content", "fault"), [(None, "cannot be read"), ("{", "is not JSON"), ("[]", "not a job of schema 1")]
)
def test_a_job_that_cannot_be_read_is_a_fault_and_no_crash(
    tmp_path: Path, content: str | None, fault: str
) -> None:
    if content is not None:
        (tmp_path / "job.json").write_text(content)
    assert fault in str(JobFolder(tmp_path).fault)


def test_nothing_heavy_is_imported_before_the_attempt_has_begun() -> None:
    code = "import sys, deepaas_plugins.batch; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"numpy", "astropy", "sklearn", "pyarrow", "marshmallow", "spectra"}.isdisjoint(loaded)


def test_threads_are_counted_within_the_containers_quota(tmp_path: Path, monkeypatch) -> None:
    limit = tmp_path / "cpu.max"
    monkeypatch.setattr(processors, "_V2", limit)
    monkeypatch.setattr(processors.os, "sched_getaffinity", lambda _: set(range(16)))
    counts = []
    for text in ("150000 100000", "50000 100000", "max 100000"):
        limit.write_text(text)
        counts.append(processors.processors())
    assert counts == [2, 1, 16]


def test_the_log_begins_with_the_ids_by_which_the_platform_knows_the_run(tmp_path: Path) -> None:
    job = {"schema": 1, "job": "j1", "attempt": "a-1", "request": "r-1\n\x1b[2J", "action": "nothing"}
    (tmp_path / "job.json").write_text(json.dumps(job))
    (tmp_path / "out").mkdir()
    code = "import sys, pathlib; from deepaas_plugins.job import execution, job_folder as f; "
    code += "sys.exit(execution.execute(f.JobFolder(pathlib.Path('.'))))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    assert done.returncode != 0
    first = (tmp_path / "out" / "log.txt").read_text().splitlines()[0]
    assert first == r"Begins: job j1, attempt a-1, request r-1\n\x1b[2J."
