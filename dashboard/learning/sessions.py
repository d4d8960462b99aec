"""Learning sessions without their rounds: create, change, close, delete, with who may do it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import Action, Resource, authorize, require_member
from dashboard.base import clock
from dashboard.base.errors import Denied, FieldError, Invalid, NotFound
from dashboard.base.events import Live
from dashboard.base.ids import new_identifier
from dashboard.base.ownership import Visibility
from dashboard.data.dataset import Dataset, DatasetState, Kind
from dashboard.data.service import DataService
from dashboard.jobs.store.jobs import JobStore
from dashboard.jobs.submit.learning import LearningCheck
from dashboard.labels.label_set import LabelSet, set_name
from dashboard.labels.service import LabelService
from dashboard.learning.round_request import round_request
from dashboard.learning.session import KIND, Session, SessionState
from dashboard.learning.settings import SessionSettings
from dashboard.learning.store import SessionStore


def nothing() -> None:
    """Wake nobody."""


class SessionService:
    """Learning sessions; `LearningService` adds their rounds.

    Parameters
    ----------
    store : SessionStore
        The rows.
    data : DataService
        The pools.
    labels : LabelService
        The labels.
    jobs : JobStore
        The rounds' jobs.
    live : Live
        Told of changes.
    check : LearningCheck
        Says before a session is made, or changed, whether its rounds can be run.

    Attributes
    ----------
    wake : callable
        Called when the coordinator has something to do.
    """

    def __init__(
        self,
        store: SessionStore,
        *,
        data: DataService,
        labels: LabelService,
        jobs: JobStore,
        live: Live,
        check: LearningCheck,
    ) -> None:
        self._check = check
        self.store = store
        self.wake: Callable[[], None] = nothing
        self._data, self._labels, self._jobs, self._live = data, labels, jobs, live

    # Sessions

    async def create(
        self,
        name: str,
        dataset: str,
        settings: Mapping[str, Any],
        identity: Identity,
        *,
        classes: Sequence[str] = (),
        label_set: str = "",
        project: str | None = None,
        parent: tuple[str, int] | None = None,
    ) -> Session:
        """Create a session; its first round begins with `LearningService.start_round`.

        Parameters
        ----------
        name : str
            For people.
        dataset : str
            Id of the pool.
        settings : mapping
            `SessionSettings` as JSON.
        identity : Identity
            Who owns it.
        classes : sequence of str
            What a spectrum can be, for a label set of its own.
        label_set : str
            Id of a label set of the pool that is used instead; its labels count from the first round on.
        project : str, optional
            Whose members see it and may label.
        parent : tuple, optional
            Session and round that it is forked from.

        Raises
        ------
        Invalid
            With everything that is wrong, by field.
        NotFound
            If there is no such dataset or label set that the identity may see.
        """
        authorize(identity, Action.CREATE, Resource(KIND))
        require_member(identity, project)
        told = set_name(name)
        pool = await self._data.get(dataset, identity)
        _require_pool(pool, settings)
        known = await self._known(label_set, pool, identity) if label_set else None
        checked = SessionSettings.from_json(settings, known.classes if known else _distinct(classes))
        await self._require_runnable(checked, told, dataset, project, identity)
        if known is None:
            known = await self._labels.create(told, dataset, classes, identity, project=project)
        session, number = parent or (None, None)
        row = {
            "id": new_identifier(),
            "name": told,
            "owner": identity.user,
            "visibility": Visibility.PROJECT if project else Visibility.PRIVATE,
            "project": project,
            "created": clock.now(),
            "dataset": pool.id,
            "dataset_name": pool.name,
            "label_set": known.id,
            "settings": checked.to_json(),
            "state": SessionState.OPEN,
            "reason": "",
            "parent": session,
            "parent_round": number,
            "ended": None,
        }
        await self.store.insert(row)
        created = await self.store.get(str(row["id"]))
        self._tell(created)
        return created

    async def _require_runnable(
        self,
        settings: SessionSettings,
        name: str,
        dataset: str,
        project: str | None,
        identity: Identity,
    ) -> None:
        request = round_request(settings, name=name, dataset=dataset, number=1, project=project)
        await self._check.require(request, {}, identity)

    async def _known(self, label_set: str, pool: Dataset, identity: Identity) -> LabelSet:
        found = await self._labels.get(label_set, identity, Action.LABEL)
        if found.dataset != pool.id:
            told = f"It labels {found.dataset_name}, not {pool.name}."
            raise Invalid(f"The label set cannot be used. {told}", [FieldError("label_set", told)])
        return found

    async def get(self, session: str, identity: Identity = SYSTEM, action: Action = Action.READ) -> Session:
        """Return a session with which an identity may do something.

        Parameters
        ----------
        session : str
            Its id.
        identity : Identity
            Who asks; the default is for the platform itself.
        action : Action
            What they are about to do.

        Raises
        ------
        NotFound, Denied
            If there is none that the identity may see; if it may not do this.
        """
        found = await self.store.get(session)
        authorize(identity, action, Resource(KIND, session, found.ownership))
        return found

    async def find(self, session: str, identity: Identity) -> Session | None:
        """Return a session, or None where there is none that the identity may see."""
        try:
            return await self.get(session, identity)
        except (NotFound, Denied):
            return None

    async def label_set(self, session: Session) -> LabelSet | None:
        """Return the label set of a session, or None where it was deleted."""
        try:
            return await self._labels.get(session.label_set)
        except NotFound:
            return None

    async def preview(self, dataset: str, count: int, seed: int, identity: Identity) -> list[dict[str, Any]]:
        """Return spectra that a first batch could have: a random sample of the pool.

        Parameters
        ----------
        dataset : str
            Id of the pool.
        count, seed : int
            How many, and of which choice.
        identity : Identity
            May read the pool.

        Raises
        ------
        NotFound
            If there is no such dataset.
        Invalid
            If its spectra were not read yet.
        """
        pool = await self._data.get(dataset, identity)
        _require_pool(pool, {})
        chosen = random.Random(seed).sample(range(pool.count), min(count, pool.count))  # noqa: S311 - no secret
        there = await self._data.rows.numbered(dataset, chosen)
        return [
            {"number": row.number, "name": row.name, "label": row.label}
            for row in (there.get(number) for number in chosen)
            if row is not None
        ]

    async def change(self, session: str, changes: Mapping[str, Any], identity: Identity) -> Session:
        """Change settings from the next round on; rounds that have begun keep theirs.

        Parameters
        ----------
        session : str
            Its id.
        changes : mapping
            Settings that differ.
        identity : Identity
            Its owner.

        Raises
        ------
        Invalid
            With everything that is wrong, by field.
        NotFound, Denied
            If there is none that the identity may see; if it may not change it.
        """
        found = await self.get(session, identity, Action.CHANGE)
        label_set = await self._labels.get(found.label_set)
        settings = SessionSettings.from_json({**found.settings, **changes}, label_set.classes)
        await self._require_runnable(settings, found.name, found.dataset, found.project, identity)
        await self.store.update(session, settings=settings.to_json())
        return await self._changed(session)

    async def close(self, session: str, identity: Identity) -> Session:
        """Close a session: no round begins any more. Labels that are still to be sent are taken."""
        await self.get(session, identity, Action.CHANGE)
        await self.store.update(session, state=SessionState.CLOSED, reason="", ended=clock.now())
        return await self._changed(session)

    async def reopen(self, session: str, identity: Identity) -> Session:
        """Open a session that is closed or finished."""
        await self.get(session, identity, Action.CHANGE)
        await self.store.update(session, state=SessionState.OPEN, reason="", ended=None)
        return await self._changed(session)

    async def finish(self, session: str, reason: str) -> Session:
        """Record that the stopping rule holds."""
        await self.store.update(session, state=SessionState.FINISHED, reason=reason, ended=clock.now())
        return await self._changed(session)

    async def tell(self, session: str) -> None:
        """Tell followers that a session changed."""
        self._tell(await self.store.get(session))

    async def _changed(self, session: str) -> Session:
        found = await self.store.get(session)
        self._tell(found)
        return found

    def _tell(self, session: Session) -> None:
        self._live.publish(
            "learning", "state", {KIND: session.id, "state": str(session.state)}, session.ownership
        )


def _distinct(classes: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(name.split()) for name in classes if name.strip()))


def _require_pool(pool: Dataset, settings: Mapping[str, Any]) -> None:
    """Raise `Invalid` where a dataset cannot be the pool of a session."""
    if pool.state is not DatasetState.READY:
        told = f"{pool.name} is {pool.state}: a session needs a dataset whose spectra were read."
        raise Invalid(told, [FieldError("dataset", told)])
    if pool.kind is Kind.FILES:
        told = f"{pool.name} holds files of any kind: a session needs spectra or a feature set."
        raise Invalid(told, [FieldError("dataset", told)])
    batch = settings.get("batch", 0)
    if isinstance(batch, int) and batch > pool.count:
        told = f"The pool has {pool.count} spectra only."
        raise Invalid(f"The batch is larger than the pool. {told}", [FieldError("batch", told)])
