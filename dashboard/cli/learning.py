"""Rounds of a learning session as a client sees them: wait for one, answer one in place of a person."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import click

from dashboard.cli.api import Api
from dashboard.learning.oracle import Oracle

LOOK_EVERY_S = 0.5
EVENTS_AT_ONCE = 500


async def session_id(api: Api, text: str) -> str:
    """Return the id of a session given by id or name; the newest if several have the name.

    Raises
    ------
    click.ClickException
        If there is none.
    """
    for session in (await api.get("/learning", q=text, size=200))["sessions"]:
        if text in (session["id"], session["name"]):
            return str(session["id"])
    raise click.ClickException(f"there is no session {text!r}: see `huggins learn list`")


async def round_ended(api: Api, session: str, number: int) -> dict[str, Any]:
    """Wait until a round has selected its spectra, and return it.

    Parameters
    ----------
    api : Api
        The platform.
    session : str
        Id of the session.
    number : int
        Of the round.

    Raises
    ------
    click.ClickException
        If it fails.
    """
    while True:
        found = (await api.get(f"/learning/{session}/rounds/{number}"))["round"]
        if found["state"] == "failed":
            raise click.ClickException(f"round {number} failed: {found['reason']}")
        if found["state"] == "labelling":
            return dict(found)
        await asyncio.sleep(LOOK_EVERY_S)


class Replay:
    """Labels what a session selects, by classes that are known.

    Parameters
    ----------
    api : Api
        The platform.
    session : str
        Id of the session.
    truth : mapping
        Name of a spectrum to its class.
    noise : float
        Share of labels that are wrong.
    seed : int
        Of the wrong ones.
    """

    def __init__(
        self, api: Api, session: str, truth: Mapping[str, str], *, noise: float = 0.0, seed: int = 0
    ) -> None:
        self._api, self._session, self._truth = api, session, truth
        self._noise, self._seed = noise, seed

    async def run(self, most: int) -> list[dict[str, Any]]:
        """Answer rounds until the session is finished; return its rounds.

        Parameters
        ----------
        most : int
            Rounds that are answered, at most.

        Raises
        ------
        click.ClickException
            If a round fails, or a spectrum has no known class.
        """
        for _ in range(most):
            found = await self._api.get(f"/learning/{self._session}")
            session, rounds = found["session"], found["rounds"]
            if session["state"] != "open" and rounds:
                break
            if not rounds or (rounds[-1]["figures"] or {}).get("complete"):
                rounds = [await self._begun(session, rounds)]
            await self._answer(session, rounds[-1]["number"])
        return list((await self._api.get(f"/learning/{self._session}"))["rounds"])

    async def _begun(self, session: Mapping[str, Any], rounds: list[dict[str, Any]]) -> dict[str, Any]:
        """Begin the next round, or wait for the one that begins by itself."""
        number = len(rounds) + 1
        if rounds and session["settings"]["automatic"]:
            while len(rounds) < number:
                await asyncio.sleep(LOOK_EVERY_S)
                found = await self._api.get(f"/learning/{self._session}")
                rounds = found["rounds"]
                if found["session"]["state"] != "open":
                    return dict(rounds[-1])
        else:
            await self._api.post(f"/learning/{self._session}/rounds")
        return {"number": number}

    async def _answer(self, session: Mapping[str, Any], number: int) -> None:
        await round_ended(self._api, self._session, number)
        entries = (await self._api.get(f"/learning/{self._session}/rounds/{number}"))["entries"]
        known = {one["row"]: self._truth.get(one["name"]) for one in entries}
        if lacking := [one["name"] for one in entries if known[one["row"]] is None]:
            told = f"the labels have no class of {lacking[0]} ({len(lacking)} such spectra)"
            raise click.ClickException(told)
        true = {row: str(name) for row, name in known.items()}
        oracle = Oracle(true, self._noise, self._seed, sorted(set(self._truth.values())))
        events = [
            {
                "key": f"{self._session}-{number}-{one['row']}",
                "kind": "label",
                "row": one["row"],
                "label": oracle.label(one["row"]),
            }
            for one in entries
        ]
        address = f"/label-sets/{session['label_set']}/events"
        for start in range(0, len(events), EVENTS_AT_ONCE):
            done = await self._api.post(address, {"events": events[start : start + EVENTS_AT_ONCE]})
            if done["rejected"]:
                raise click.ClickException(f"a label was rejected: {done['rejected'][0]['reason']}")
