"""The action "learn": one round of active learning over a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepaas_plugins.contract import registry
from deepaas_plugins.job.train import read_input, training_of
from deepaas_plugins.learning.round import run_round
from jobfolder import names

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.job.job_folder import JobFolder


def run_learning(folder: JobFolder, run: Run) -> str:
    """Run a round as ``job.json`` says; return the sentence that tells how it went."""
    method = registry.method(str(folder.job.get("module")))
    training = training_of(folder, read_input(folder))
    return run_round(method, training, folder.job.get("learning"), folder.path / names.LABELS_IN, run)
