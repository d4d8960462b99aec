"""Whether the time of a failed sign-in tells if there is such an account.

    python -m benchmarks.sign_in [--quick]

Unknown, known, disabled and invited names, and those without a password, are tried with a wrong password at a
platform that serves HTTP, with the hashes that it really makes. Each round tries every kind once, in a random
order; compared are the times of one round, so that the load of the machine falls out. Shown are the median of
the differences from what can sign in (a name from a name, an address from an address: which of both was typed
is no secret), its 95 % interval by a bootstrap, and the p value of a permutation test that exchanges the two
of each round. The claim holds where no p value is below `LEAST_P`,
divided by the number of kinds (Bonferroni), and no difference exceeds a tenth of an attempt.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from aiohttp import ClientSession, web
from aiohttp.test_utils import BaseTestServer, TestServer

from benchmarks.result import Result, machine, print_result, print_table
from dashboard.auth.account import AccountState
from dashboard.auth.identity import OWNER
from dashboard.auth.sign_in import SignIn
from dashboard.auth.throttle import Throttle
from dashboard.platform import Platform
from dashboard.settings import DatabaseSettings, NodeSettings, Settings
from dashboard.web.app.application import create_application

LEAST_P = 0.01
MOST_SHARE = 0.1  # of the time of an attempt, which without equal work would be all of it
TRIES, QUICK_TRIES = 150, 25  # of each kind
RESAMPLES = 4000
PASSWORD = "three dim stars over brno"
KNOWN = "known"
ADDRESS = "address known"
KINDS = (KNOWN, "unknown", "disabled", "invited", "without password", "address unknown", ADDRESS)
#: What each kind is compared with.
REFERENCES = {kind: KNOWN for kind in KINDS if "address" not in kind} | {"address unknown": ADDRESS}


@dataclass(frozen=True)
class Difference:
    """How much longer one kind of name takes than names that can sign in, in ms.

    Attributes
    ----------
    median : float
        Of this kind minus that of names that can sign in.
    low, high : float
        The 95 % interval.
    p : float
        Share of permutations with a difference at least as large.
    """

    median: float
    low: float
    high: float
    p: float


def difference(
    ours: npt.NDArray[np.float64], peers: npt.NDArray[np.float64], rng: np.random.Generator
) -> Difference:
    """Compare two samples by pairs.

    Parameters
    ----------
    ours, peers : ndarray
        Times in ms, shape (rounds,).
    rng : Generator
        Draws the samples.

    Returns
    -------
    Difference
        Of `ours` minus `peers`.
    """
    deltas = ours - peers
    found = float(np.median(deltas))
    low, high = np.quantile(np.median(rng.choice(deltas, (RESAMPLES, len(deltas))), axis=1), [0.025, 0.975])
    by_chance = np.median(rng.choice([-1.0, 1.0], (RESAMPLES, len(deltas))) * deltas, axis=1)
    p = (1 + int(np.sum(np.abs(by_chance) >= abs(found)))) / (RESAMPLES + 1)
    return Difference(found, float(low), float(high), p)


async def _accounts(platform: Platform) -> dict[str, str]:
    """Make an account of each kind, and return what is typed of each."""
    store = platform.accounts
    hashed = await platform.passwords.hash(PASSWORD)
    for name in ("known", "disabled"):
        await store.create(name, OWNER, email=f"{name}@example.org")
        await store.set_password_hash(name, hashed)
    await store.change("disabled", {"disabled": True}, OWNER)
    await store.create("invited", OWNER)
    await store.create("provider", OWNER, state=AccountState.ACTIVE)
    typed = {"without password": "provider", "address unknown": "nobody@example.org"}
    return {**{kind: kind for kind in KINDS}, **typed, "address known": "known@example.org"}


async def measure(tries: int, seed: int) -> dict[str, npt.NDArray[np.float64]]:
    """Return the times of failed sign-ins in ms, by kind of name.

    Parameters
    ----------
    tries : int
        How many of each kind.
    seed : int
        Of the order.
    """
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        settings = Settings(home=home, database=DatabaseSettings(), nodes={"local": NodeSettings("process")})
        platform = Platform(settings)
        await platform.start(supervise=False)
        try:
            typed = await _accounts(platform)
            _without_delay(platform.sign_in)
            async with TestServer(create_application(platform)) as server, ClientSession() as session:
                return await _times(session, server, typed, tries, seed)
        finally:
            await platform.stop()


def _without_delay(sign_in: SignIn) -> None:
    """Let every attempt be answered: what is measured is the work, and not the limit of attempts."""
    sign_in._names = sign_in._addresses = Throttle(1_000_000, 1.0, 1.0)  # noqa: SLF001 no setting lifts it


async def _times(
    session: ClientSession, server: BaseTestServer, typed: dict[str, str], tries: int, seed: int
) -> dict[str, npt.NDArray[np.float64]]:
    rng = random.Random(seed)
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for kind in (kind for _ in range(tries + 1) for kind in rng.sample(KINDS, len(KINDS))):
        body = {"name": typed[kind], "password": "wrong wrong wrong"}
        began = time.perf_counter()
        async with session.post(server.make_url("/sign-in"), json=body) as answer:
            await answer.read()
        found[kind].append(1000 * (time.perf_counter() - began))
        if answer.status != web.HTTPUnauthorized.status_code:
            raise SystemExit(f"{kind}: {answer.status}")
    return {kind: np.array(times[1:]) for kind, times in found.items()}  # the first round warms up


def report(times: dict[str, npt.NDArray[np.float64]], seed: int) -> Result:
    """Print a table, and return the result.

    Parameters
    ----------
    times : dict
        Of `measure`.
    seed : int
        Of the resampling.
    """
    rng = np.random.default_rng(seed)
    compared = {
        kind: difference(times[kind], times[peer], rng) for kind, peer in REFERENCES.items() if kind != peer
    }
    rows: list[Sequence[object]] = [
        [kind, float(np.median(times[kind])), "", "", ""] for kind in (KNOWN, ADDRESS)
    ]
    for kind, one in compared.items():
        interval = f"{one.low:+.2f} to {one.high:+.2f}"
        rows.append([kind, float(np.median(times[kind])), f"{one.median:+.2f}", interval, f"{one.p:.3f}"])
    print_table(["name", "median, ms", "difference, ms", "95 % interval", "p"], rows)
    largest = max(abs(one.median) for one in compared.values())
    typical = float(np.median(times[KNOWN]))
    least = min(one.p for one in compared.values()) * len(compared)
    return Result(
        claim="the time of a failed sign-in does not tell whether there is such an account",
        ours=round(largest, 3),
        peer=round(typical, 3),
        ratio=round(largest / typical, 4),
        unit="ms",
        target=f"≤ {MOST_SHARE:g}, and no p below {LEAST_P:g} (least, by Bonferroni: {min(least, 1):.3f})",
        holds=largest / typical <= MOST_SHARE and least >= LEAST_P,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_TRIES} attempts of each kind")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(machine())
    times = asyncio.run(measure(QUICK_TRIES if given.quick else TRIES, given.seed))
    print_result(report(times, given.seed))


if __name__ == "__main__":
    main()
