"""The service of label sets: what people do with them, with who may do it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import Action, Resource, authorize, require_member
from dashboard.base import clock
from dashboard.base.errors import Conflict
from dashboard.base.events import Live
from dashboard.base.ids import new_identifier
from dashboard.base.ownership import Visibility
from dashboard.data.service import DataService
from dashboard.database.engine import Database
from dashboard.labels.agreement import Agreement, agreements
from dashboard.labels.appending import Appender
from dashboard.labels.current import CurrentLabels, LabelState, SpectrumLabels
from dashboard.labels.event import Appended, NewEvent
from dashboard.labels.label_set import KIND, LabelSet, class_names, set_name
from dashboard.labels.queues import QueueService
from dashboard.labels.spectrum_key import SpectrumKey
from dashboard.labels.store.label_sets import LabelSetStore
from dashboard.labels.store.log import LabelLog
from dashboard.labels.store.queues import QueueStore
from dashboard.labels.store.spectra import LabelledSpectra
from dashboard.labels.store.versions import LabelVersionStore
from dashboard.labels.versions import VersionService

KEPT = 4  # label sets whose present state is remembered
UsersOfLabels = Callable[[str], Awaitable[Sequence[str]]]


async def nobody(_label_set: str) -> Sequence[str]:
    """Return that no job uses a label set."""
    return ()


class LabelService:
    """Label sets.

    Parameters
    ----------
    database : Database
        Open and migrated.
    live : Live
        Told of new labels.
    data : DataService
        The datasets that are labelled.
    users : callable
        From a label set to the jobs that have not ended and need it.

    Attributes
    ----------
    store : LabelSetStore
        For lists.
    log : LabelLog
        The events.
    spectra : LabelledSpectra
        Finds spectra by what labels say of them.
    queues : QueueService
        The queues in which spectra are labelled.
    versions : VersionService
        The versions that jobs name.
    """

    def __init__(
        self, database: Database, live: Live, data: DataService, users: UsersOfLabels = nobody
    ) -> None:
        self.store = LabelSetStore(database)
        self.log = LabelLog(database)
        self.spectra = LabelledSpectra(database, data.store, data.rows)
        queues = QueueStore(database)
        self.queues = QueueService(queues, self.log, self.spectra, self.get, live)
        self.versions = VersionService(LabelVersionStore(database), self.log, self.get, live)
        self._appender = Appender(database, self.log, queues, self.spectra)
        self._data = data
        self._live = live
        self._users = users
        self._kept: dict[str, CurrentLabels] = {}

    # Label sets

    async def create(
        self,
        name: str,
        dataset: str,
        classes: Sequence[str],
        identity: Identity,
        *,
        project: str | None = None,
    ) -> LabelSet:
        """Make a label set for a dataset.

        Parameters
        ----------
        name : str
            For people.
        dataset : str
            Id of a dataset (or feature set) that the identity may read.
        classes : sequence of str
            What a spectrum can be, in the order of their keys.
        identity : Identity
            Who owns it.
        project : str, optional
            Whose members may label, too.

        Raises
        ------
        Invalid
            If the name, the classes or the project cannot be used.
        NotFound
            If there is no such dataset that the identity may see.
        """
        authorize(identity, Action.CREATE, Resource(KIND))
        require_member(identity, project)
        found = await self._data.get(dataset, identity)
        row = {
            "id": new_identifier(),
            "name": set_name(name),
            "owner": identity.user,
            "visibility": Visibility.PROJECT if project else Visibility.PRIVATE,
            "project": project,
            "created": clock.now(),
            "dataset": found.id,
            "dataset_name": found.name,
            "classes": list(class_names(classes)),
            "events": 0,
        }
        await self.store.insert(row)
        label_set = await self.store.get(str(row["id"]))
        self._live.publish("label_sets", "created", {KIND: label_set.id}, label_set.ownership)
        return label_set

    async def get(
        self, label_set: str, identity: Identity = SYSTEM, action: Action = Action.READ
    ) -> LabelSet:
        """Return a label set with which an identity may do something.

        Parameters
        ----------
        label_set : str
            Its id.
        identity : Identity
            Who asks; the default is for the platform itself.
        action : Action
            What they are about to do.

        Raises
        ------
        NotFound
            If there is none, or the identity may not see it.
        Denied
            If the identity may see it, but not do this.
        """
        found = await self.store.get(label_set)
        authorize(identity, action, Resource(KIND, label_set, found.ownership))
        return found

    async def delete(self, label_set: str, identity: Identity) -> None:
        """Delete a label set with its log, versions and queues.

        Parameters
        ----------
        label_set : str
            Which.
        identity : Identity
            Its owner or an administrator.

        Raises
        ------
        Conflict
            While a job needs it.
        NotFound, Denied
            If the identity may not see it; if it may not delete it.
        """
        found = await self.get(label_set, identity, Action.DELETE)
        if jobs := await self._users(label_set):
            raise Conflict(f"{found.name} is used by {', '.join(jobs)}. Abort or wait for them first.")
        await self.store.delete(label_set)
        self._kept.pop(label_set, None)
        self._live.publish("label_sets", "deleted", {KIND: label_set}, found.ownership)

    async def change(
        self, label_set: str, identity: Identity, *, name: str | None = None, classes: Sequence[str] = ()
    ) -> LabelSet:
        """Rename a label set, or add classes: none is ever taken away, as events name them.

        Parameters
        ----------
        label_set : str
            Which.
        identity : Identity
            Its owner or an administrator.
        name : str, optional
            The new name; None or empty: it stays.
        classes : sequence of str
            Those that are added.
        """
        found = await self.get(label_set, identity, Action.CHANGE)
        values = {"name": set_name(name) if name else found.name}
        every = class_names([*found.classes, *classes])
        await self.store.update(found.id, {**values, "classes": list(every)})
        self._live.publish(f"{KIND}:{found.id}", "changed", {})
        return await self.store.get(found.id)

    # Labels

    async def append(self, label_set: str, events: Sequence[NewEvent], identity: Identity) -> Appended:
        """Add events to the log; one that is sent again counts once, a wrong one keeps no other from it.

        Parameters
        ----------
        label_set : str
            Where to.
        events : sequence of NewEvent
            In the order in which they were given.
        identity : Identity
            The labeller.

        Raises
        ------
        NotFound, Denied
            If the identity may not see the label set; if it may not label in it.
        """
        found = await self.get(label_set, identity, Action.LABEL)
        done = await self._appender.append(found, events, identity.user)
        if done.stored:
            queues = sorted({event.queue for event in events if event.queue})
            told = {"labeller": identity.user, "queues": queues, "count": len(done.stored)}
            self._live.publish(f"{KIND}:{label_set}", "labels", told)
        return done

    async def current(self, label_set: str, identity: Identity) -> CurrentLabels:
        """Return what the log says now; errors as `get`."""
        found = await self.get(label_set, identity)
        known = self._kept.pop(found.id, None) or CurrentLabels()
        async for events in self.log.read(found.id, known.last):
            known.add(events)
        while len(self._kept) >= KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[found.id] = known
        return known

    async def dataset_rows(
        self, label_set: str, identity: Identity, *, unlabelled: bool = False
    ) -> list[int]:
        """Return the numbers of the spectra of a label set's dataset.

        Parameters
        ----------
        label_set : str
            Which.
        identity : Identity
            May read it.
        unlabelled : bool
            Only those that nobody has labelled, skipped or called unsure.
        """
        found = await self.get(label_set, identity)
        known: set[str] = set()
        if unlabelled:
            current = await self.current(label_set, identity)
            known = {one.spectrum.text for one in current if one.state()[0] is not LabelState.NONE}
        numbers: list[int] = []
        async for some in self._data.rows.all(found.dataset):
            numbers += [row.number for row in some if SpectrumKey.of(row).text not in known]
        return numbers

    async def conflicts(self, label_set: str, identity: Identity) -> list[SpectrumLabels]:
        """Return the spectra to which people gave different classes, settled ones included."""
        found = await self.current(label_set, identity)
        return [one for one in found if len(set(one.opinions().values())) > 1]

    async def agreement(self, label_set: str, identity: Identity) -> list[Agreement]:
        """Return how far each pair of labellers agrees."""
        return agreements(await self.current(label_set, identity))
