"""Active learning against random sampling, and a pool of four million rows: `python -m benchmarks.active`.

Labels: five-type supernovae and MILES stars of classes B to M are pools whose classes an oracle knows. A
quarter of the objects of each class is held out and judges every model. A session labels a few per cent of
the pool a round, by a strategy and, in the same run from the same split, at random; both are compared with a
model that learned from all labels of the pool. Seeds change split, session and model.

Survey: a process of its own predicts 4,136,482 synthetic rows of 140 points (the pool of Škoda et al. 2020,
one block of profiles repeated) with a forest that learned from 300 labels, and selects a batch, a performance
sample, a recall sample and candidates.

Claims
------
active_SET
    Full-label balanced accuracy less that of the session, and less that of random sampling, with 15 % of the
    labels; means over seeds.
active_memory
    Peak memory of the round over the survey's pool, the limit beside it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.active import survey
from benchmarks.active.pools import SETS, Labelled
from benchmarks.active.replay import Replay
from benchmarks.result import Result, machine, print_result, print_table

SHARE, NEAR = 0.15, 0.02
FOREST = {
    "variant": "extra_trees",
    "trees": 200,
    "folds": 0,
    "min_samples_leaf": 1,
    "class_weight": "power",
}
MODULES = {"supernovae": ("rdf", FOREST), "MILES": ("rdf", FOREST | {"bootstrap": False, "smoothing": 3.0})}
#: Of each set: strategies, rounds until 15 % are labelled, balance; chosen on other seeds than are measured.
CHOSEN = {"supernovae": (["margin"], 7, 0.0), "MILES": (["diverse"], 27, 1.0)}


def main() -> int:
    """Measure; return the exit code."""
    parser = argparse.ArgumentParser(description="Active learning against random sampling.")
    parser.add_argument("--quick", action="store_true", help="one seed, a small survey")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    parser.add_argument("--strategies", nargs="*", help="left out: those of the set")
    parser.add_argument("--balance", type=float, help="how much classes with few labels are preferred")
    parser.add_argument("--noise", type=float, default=0.0)
    parser.add_argument("--rounds", type=int, help="until 15 %% are labelled")
    parser.add_argument("--first-seed", type=int, default=0, help="settings are chosen on 10 to 19")
    parser.add_argument("--rows", type=int, default=survey.ROWS, help="of the survey; 0: leave it out")
    asked = parser.parse_args()
    data = Path(os.environ.get("HUGGINS_DATA", "../shared/data"))
    print(machine())
    good = True
    for name in asked.sets:
        if not (data / name.lower()).is_dir():
            print(f"{name}: {data / name.lower()} is not there.")
            continue
        good &= labels(name, SETS[name](data), asked)
    rows = min(asked.rows, 200_000) if asked.quick else asked.rows
    if rows:
        good &= survey.measure(rows)
    return 0 if good else 1


def labels(name: str, labelled: Labelled, asked: argparse.Namespace) -> bool:
    """Replay a set with every strategy and at random; return whether the claim holds.

    Parameters
    ----------
    name : str
        Of the set.
    labelled : Labelled
        The set.
    asked : argparse.Namespace
        Seeds, strategies, noise, rounds.
    """
    module, parameters = MODULES[name]
    chosen, rounds, balance = CHOSEN[name]
    chosen, rounds = asked.strategies or chosen, asked.rounds or rounds
    balance = balance if asked.balance is None else asked.balance
    strategies = [*chosen, "random"]
    ends: dict[str, list[float]] = {one: [] for one in (*strategies, "all labels")}
    curves: dict[str, list[list[tuple[int, float]]]] = {one: [] for one in strategies}
    for seed in range(asked.first_seed, asked.first_seed + (1 if asked.quick else asked.seeds)):
        pool = len(labelled.split(seed)[0])
        most = int(SHARE * pool)
        with tempfile.TemporaryDirectory() as folder:
            for strategy in strategies:
                batch = -(-most // rounds)
                replay = Replay(module, parameters, strategy, batch, asked.noise, seed, balance)
                curve = list(replay.run(labelled, most, Path(folder) / strategy))
                curves[strategy].append(curve)
                ends[strategy].append(curve[-1][1])
            whole = Replay(module, parameters, "random", pool - 1, 0.0, seed)
            ends["all labels"].append(list(whole.run(labelled, pool - 1, Path(folder) / "all"))[-1][1])
        told = ", ".join(f"{one} {scores[-1]:.3f}" for one, scores in ends.items())
        print(f"{name}, seed {seed}, {most} of {pool} labels: {told}", flush=True)
    for strategy in strategies:
        steps = min(len(curve) for curve in curves[strategy])
        print_table(
            ["labels", f"balanced accuracy ({strategy})"],
            [
                [curves[strategy][0][step][0], float(np.mean([one[step][1] for one in curves[strategy]]))]
                for step in range(-steps, 0)
            ],
        )
    rows = [[one, float(np.mean(each)), float(np.std(each))] for one, each in ends.items()]
    print_table(["labels", "balanced accuracy", "spread"], rows)
    full = float(np.mean(ends["all labels"]))
    ours = min(full - float(np.mean(ends[one])) for one in chosen)
    peer = full - float(np.mean(ends["random"]))
    holds = ours <= NEAR
    print_result(
        Result(
            f"active_{name}", round(ours, 4), round(peer, 4), round(ours, 4),
            "balanced accuracy below that of all labels, with 15 % of them; peer: random", "≤ 0.02", holds,
        )
    )  # fmt: skip
    return holds


if __name__ == "__main__":
    sys.exit(main())
