"""A session of three rounds through real jobs, whose platform is killed again and again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.integration.learning.session_run import BATCH, ROUNDS, SAMPLE

ROOT = Path(__file__).resolve().parents[3]
#: In the second round: its job is made, has ended, its selection is stored, one of two queues is made.
POINTS = ("round-submitted", "end-seen", "round-recorded", "round-queue")


def run(home: Path, point: str = "") -> subprocess.CompletedProcess[str]:
    """Go on with the session, until it is finished or killed."""
    command = [sys.executable, "-m", "tests.integration.learning.session_run", str(home), point]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_a_session_that_is_killed_in_every_step_loses_no_label_and_runs_no_round_twice(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    for point in POINTS:
        killed = run(home, point)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    done = run(home)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["session"]["state"] == "finished"
    assert [one["number"] for one in found["rounds"]] == [1, 2, 3]
    assert len(found["jobs"]) == ROUNDS
    assert {one["phase"] for one in found["jobs"]} == {"COMPLETED"}
    assert found["queues"] == 2 * ROUNDS - 1  # the first round has no model, and no samples
    assert found["models"] == ROUNDS - 1
    assert len(set(found["rows"])) == len(found["rows"])  # what is labelled has left the pool
    figures = found["figures"]
    assert all(one["complete"] for one in figures)
    assert [one["entries"]["batch"] for one in figures] == [BATCH] * ROUNDS
    assert [one["precision"]["of"] for one in figures] == [0, SAMPLE, SAMPLE]
    # Every label of earlier rounds is in the training set of a later one, those of samples included.
    labelled = [one["labelled"] for one in figures]
    used = [sum((one["result"]["labelled"] or {}).values()) for one in found["rounds"]]
    assert used == [0, labelled[0], labelled[0] + labelled[1]]
