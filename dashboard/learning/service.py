"""The service of learning sessions: sessions and their rounds, with who may do what."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import Action
from dashboard.base import clock
from dashboard.base.errors import Conflict, NotFound
from dashboard.base.ids import new_identifier
from dashboard.data.dataset import Kind
from dashboard.jobs.folder.results import JobResults
from dashboard.jobs.job import RETRYABLE, Job, Phase
from dashboard.labels.current import LabelState
from dashboard.labels.spectrum_key import SpectrumKey
from dashboard.learning import candidates
from dashboard.learning.figures import NOTHING, RoundFigures, of_round
from dashboard.learning.session import KIND, Round, Session, SessionState
from dashboard.learning.sessions import SessionService


class LearningService(SessionService):
    """Learning sessions and their rounds. Parameters are those of `SessionService`."""

    async def start_round(self, session: str, identity: Identity) -> Round:
        """Begin the next round, with all labels that there are.

        Parameters
        ----------
        session : str
            Which.
        identity : Identity
            May change it.

        Raises
        ------
        Conflict
            If the session is not open, its last round has not ended, or its dataset is not there any more.
        """
        found = await self.get(session, identity, Action.CHANGE)
        rounds = await self.store.rounds(session)
        await self._require_startable(found, rounds)
        last_event, version = await self._labels_now(found, identity)
        if not rounds and found.parent and found.parent_round:
            last_event, version = await self._labels_of_parent(found)
        row = {
            "session": session,
            "number": len(rounds) + 1,
            "job": new_identifier(),
            "settings": dict(found.settings),
            "last_event": last_event,
            "version": version,
            "created": clock.now(),
            "failure": "",
        }
        await self.store.add_round(row)
        await self._changed(session)
        self.wake()
        return (await self.store.rounds(session))[-1]

    async def _require_startable(self, session: Session, rounds: Sequence[Round]) -> None:
        if session.state is not SessionState.OPEN:
            raise Conflict(f"{session.name} is {session.state}: open it again to go on.")
        if rounds and not rounds[-1].queued:
            last = rounds[-1]
            job = await self.job(last)
            broken = last.failure or (job is not None and job.phase in RETRYABLE)
            what = "failed: restart it, or retry its job" if broken else "has not ended"
            raise Conflict(f"Round {last.number} {what}.")
        pool = await self._data.find(session.dataset)
        if pool is None:
            raise Conflict(
                "The dataset of the session was deleted. Labels, models and rounds stay; no round can begin."
            )

    async def _labels_now(self, session: Session, identity: Identity) -> tuple[int, str | None]:
        try:
            version = await self._labels.versions.create(session.label_set, identity, note=session.name)
        except Conflict:  # nothing is labelled yet; spectra that were skipped leave the pool nevertheless
            return (await self._labels.get(session.label_set)).events, None
        return version.last_event, version.id

    async def _labels_of_parent(self, session: Session) -> tuple[int, str | None]:
        rounds = await self.store.rounds(str(session.parent))
        for one in rounds:
            if one.number == session.parent_round:
                return one.last_event, one.version
        raise NotFound(f"Round {session.parent_round} of the session that this one was forked from is gone.")

    async def restart(self, session: str, number: int, identity: Identity) -> Round:
        """Run a round that failed once more, as a new job with the same labels.

        Parameters
        ----------
        session : str
            Which.
        number : int
            Of the round; it must be the last one.
        identity : Identity
            May change the session.

        Raises
        ------
        NotFound
            If there is no such round.
        Conflict
            If it is not the last one, or has not failed.
        """
        await self.get(session, identity, Action.CHANGE)
        rounds = await self.store.rounds(session)
        last = self.numbered_in(rounds, number)
        if last is not rounds[-1]:
            raise Conflict(f"Round {number} is not the last one: fork the session from it instead.")
        job = await self.job(last)
        if not last.failure and (job is None or job.phase not in RETRYABLE):
            raise Conflict(f"Round {number} has not failed.")
        again = {"submitted": None, "recorded": None, "failure": "", "result": None}
        await self.store.change_round(last, {"job": new_identifier(), **again})
        await self._changed(session)
        self.wake()
        return (await self.store.rounds(session))[-1]

    async def numbered(self, session: str, number: int) -> Round:
        """Return a round by its number; `NotFound` where there is none."""
        return self.numbered_in(await self.store.rounds(session), number)

    @staticmethod
    def numbered_in(rounds: Sequence[Round], number: int) -> Round:
        """Return a round of a list by its number; `NotFound` where there is none."""
        for one in rounds:
            if one.number == number:
                return one
        raise NotFound(f"The session has no round {number}; it has {len(rounds)}.")

    async def fork(
        self, session: str, number: int, name: str, changes: Mapping[str, Any], identity: Identity
    ) -> Session:
        """Make a session that goes on from a round with other settings.

        Its first round learns from the labels as they were when that round began; later ones from all labels
        of the label set, which both sessions share.

        Parameters
        ----------
        session : str
            Which.
        number : int
            The round.
        name : str
            Of the new session; empty: made from the old name.
        changes : mapping
            Settings that differ.
        identity : Identity
            May read the session, and label in its label set.

        Raises
        ------
        NotFound, Invalid, Conflict
            As `create`; if there is no such round.
        """
        found = await self.get(session, identity)
        round_ = self.numbered_in(await self.store.rounds(session), number)
        return await self.create(
            name or f"{found.name}, from round {number}",
            found.dataset,
            {**round_.settings, **changes},
            identity,
            label_set=found.label_set,
            project=found.project,
            parent=(session, number),
        )

    async def job(self, round_: Round) -> Job | None:
        """Return the job of a round; None where it is not made yet, or was deleted."""
        try:
            return await self._jobs.get(round_.job)
        except NotFound:
            return None

    async def figures(self, session: Session) -> list[RoundFigures]:
        """Return the figures of all rounds that have selected spectra, by the labels as they are now."""
        labels = await self.labels_of(session)
        found = []
        for round_ in await self.store.rounds(session.id):
            if round_.recorded:
                entries = await self.store.entries(session.id, round_.number)
                found.append(of_round(round_, entries, labels))
        return found

    async def candidates(self, session: Session, round_: Round) -> list[dict[str, Any]]:
        """Return the ranked list of a round, with the spectra of the dataset and their labels of today.

        Parameters
        ----------
        session : Session
            Whose.
        round_ : Round
            Which.

        Returns
        -------
        list of dict
            `Candidate` as JSON, with ``number`` in the dataset (None: it is gone), ``state`` and ``given``.
        """
        tried = await self._jobs.attempts(round_.job)
        if not tried or round_.recorded is None:
            return []
        folder = JobResults(self._jobs.out_folder(tried[-1])).folder
        found = await asyncio.to_thread(candidates.read, folder)
        pool = await self._data.find(session.dataset)
        if pool is not None and pool.kind is Kind.FEATURES:
            numbered = await self._data.rows.numbered(pool.id, [one.pool_row for one in found])
            there = [numbered.get(one.pool_row) for one in found]
        elif pool is not None:
            at = await self._data.rows.at_locations(pool.id, [one.location for one in found])
            there = [at.get(one.location) for one in found]
        else:
            there = [None] * len(found)
        labels = await self.labels_of(session)
        told = []
        for one, row in zip(found, there, strict=True):
            key = None if row is None else SpectrumKey.of(row).text
            state, given = labels.get(key or "", NOTHING)
            number = None if row is None else row.number
            told.append({**one.to_json(), "number": number, "state": str(state), "given": given})
        return told

    async def labels_of(self, session: Session) -> dict[str, tuple[LabelState, str | None]]:
        """Return state and class of every spectrum of the label set, by the text of its key."""
        try:
            current = await self._labels.current(session.label_set, SYSTEM)
        except NotFound:
            return {}
        return {one.spectrum.text: one.state() for one in current}

    async def phase(self, round_: Round) -> tuple[str, str]:
        """Return in which state a round is, and why.

        Parameters
        ----------
        round_ : Round
            Any.

        Returns
        -------
        state, reason : str
            ``waiting``, ``running``, ``failed``, ``selecting`` or ``labelling``.
        """
        if round_.failure:
            return "failed", round_.failure
        if round_.queued:
            return "labelling", ""
        job = await self.job(round_)
        if job is None:
            return "waiting", "Its job is being made."
        if job.phase in RETRYABLE:
            return "failed", job.reason
        if job.phase is Phase.COMPLETED:
            return "selecting", ""
        return ("running" if job.phase is Phase.EXECUTING else "waiting"), job.reason

    async def delete(self, session: str, identity: Identity) -> None:
        """Delete a session; labels, jobs and models stay.

        Parameters
        ----------
        session : str
            Its id.
        identity : Identity
            Its owner.

        Raises
        ------
        Conflict
            While a round runs.
        NotFound, Denied
            If there is none that the identity may see; if it may not delete it.
        """
        found = await self.get(session, identity, Action.DELETE)
        rounds = await self.store.rounds(session)
        if rounds and (job := await self.job(rounds[-1])) is not None and not job.final:
            raise Conflict(f"Round {rounds[-1].number} runs: abort its job {job.id} first.")
        await self.store.delete(session)
        self._live.publish("learning", "deleted", {KIND: session}, found.ownership)
