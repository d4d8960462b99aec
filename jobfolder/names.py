"""The names in a job folder, and the values that both sides write into its files."""

from __future__ import annotations

#: The version of every JSON file in the folder.
SCHEMA = 1

#: Where a container finds the folder.
MOUNT = "/job"

# --- Beside `OUT`, written by the platform.
JOB = "job.json"
CANCEL = "cancel"
DATA = "in/data"
MANIFEST = "in/manifest.csv"
MODEL_IN = "in/model"
START_IN = "in/start"
CHECKPOINT_IN = "in/checkpoint"
LABELS_IN = "in/labels.csv"

#: Columns of `LABELS_IN`, one line for each labelled spectrum of a round's pool.
LABEL_COLUMNS = ("number", "path", "hdu", "row", "label")

#: Environment variable: the id of the request that created the job, as ``request`` of `JOB`.
REQUEST = "HUGGINS_REQUEST"

#: What the container writes into; the names below are relative to it.
OUT = "out"

# --- The protocol's own files.
CLAIM = "claim.json"
BEGIN = "begin.json"
HEARTBEAT = "heartbeat"
EXIT = "exit.json"
LOG = "log.txt"

# --- What a run reports while it lasts.
PROGRESS = "progress.jsonl"
METRICS = "metrics.jsonl"
USAGE = "usage.jsonl"

# --- Results.
FEATURES = "features.parquet"
REJECTED = "rejected.csv"
SUMMARY = "summary.json"
REPORT = "report/report.json"
#: A folder of spectra that the job made, which can become a dataset.
DATASET = "dataset"
MODEL_CARD = "model/model.json"

#: Of a round of active learning: what is to be labelled next, and the whole pool as it was prepared.
SELECTION = "selection.json"
POOL = "pool.parquet"
POOL_IN = "in/pool.parquet"  # the same of an earlier round, where nothing of it would differ
TRAINING_ROWS = "training_rows.npy"  # the pool's row of each row of `FEATURES`

#: The folder of checkpoints, and the card in it that names the newest.
CHECKPOINTS = "checkpoint"
CHECKPOINT_CARD = "checkpoint.json"

#: Files that say that a run lives, and nothing about its results.
LIFE_SIGNS = frozenset({CLAIM, BEGIN, HEARTBEAT, USAGE})

#: Files that ``exit.json`` does not list as artefacts: it cannot hold its own hash, and the log still grows.
NOT_ARTEFACTS = LIFE_SIGNS | {EXIT, LOG}

#: The values of ``outcome`` in ``exit.json``.
COMPLETED, ERROR, ABORTED = "completed", "error", "aborted"
OUTCOMES = frozenset({COMPLETED, ERROR, ABORTED})

#: Exit codes of the batch entry.
EXIT_COMPLETED, EXIT_ERROR, EXIT_INVALID, EXIT_CLAIMED, EXIT_ABORTED = 0, 1, 2, 75, 130

#: Seconds between two heartbeats.
HEARTBEAT_S = 5.0

#: Seconds between two checkpoints where ``job.json`` does not say.
CHECKPOINT_S = 30.0
