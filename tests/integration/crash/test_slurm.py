"""The same trial on a cluster, whose controller is restarted and whose sbatch times out after submitting."""

from __future__ import annotations

import shutil
import threading
import uuid
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from tests.integration.cluster import slurm_folder, user_home
from tests.integration.crash.staged import NodePlan
from tests.integration.crash.trial import POINTS, Trial
from tests.integration.slurm.operator import (
    TIMED_OUT,
    controller_answers,
    python_with,
    start_controller,
    stop_controller,
    wait,
)

pytestmark = [pytest.mark.slurm, pytest.mark.docker]

#: Submits, and every third time nobody hears the answer.
EVERY_THIRD = (
    'echo "$$" >>"$(dirname "$0")/../calls"; told=$(/usr/bin/sbatch "$@") || exit\n'
    f'[ $(($(wc -l <"$(dirname "$0")/../calls") % 3)) = 0 ] && {{ {TIMED_OUT}; }}\n'
    'echo "$told"'
)
JOBS, KILLS = 20, 12
AWAY_S = 3.0  # of the platform's last life, in which no controller answers


class ClusterTrial(Trial):
    """A trial whose controller goes in the last life that is killed, and comes again in the next one."""

    restarts = 0

    def _strike(self, process: ForkServerProcess, seconds: float) -> bool:
        if self.report.kills + 1 == self.kills:
            wait(lambda: self._all_made() or not process.is_alive())
            stop_controller()
        return super()._strike(process, seconds)

    def _all_made(self) -> bool:
        return len((self.folder / "accepted").read_text().split()) == self.report.jobs

    def _last_life(self) -> None:
        operator = threading.Timer(AWAY_S, self._come_again)
        operator.start()
        super()._last_life()
        operator.join()

    def _come_again(self) -> None:
        start_controller()
        self.restarts += 1


def test_20_jobs_on_a_cluster_outlive_the_kills(short_folder: Path, image_archive: Path) -> None:
    short_folder.chmod(0o755)  # the cluster's user has to come to the ledger
    place = user_home() / f"crash-{uuid.uuid4().hex[:8]}"
    place.mkdir()
    place.chmod(0o777)
    with slurm_folder() as settings:
        python = python_with(place / "bin", "sbatch", EVERY_THIRD)
        shared = (str(short_folder / "stage"),)
        plan = NodePlan(
            "slurm", slots=8, image=str(image_archive),
            settings={**settings, "python": str(python), "shared": shared},
        )  # fmt: skip
        trial = ClusterTrial(short_folder, {"cluster": plan}, jobs=JOBS, kills=KILLS, seed=20261120, window=5)
        try:
            report = trial.run()
        finally:
            if not controller_answers():
                start_controller()
        calls = len((place / "calls").read_text().split())
    shutil.rmtree(place)
    assert report.faults == []
    assert (report.kills, trial.restarts) == (KILLS, 1)
    assert set(report.at_points) == set(POINTS)
    assert calls == JOBS, "a job was submitted twice"
