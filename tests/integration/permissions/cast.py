"""One site, a person of every role, and an object of every kind in every relation to each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert

from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.auth.sessions import token_id
from dashboard.jobs.request import JobRequest
from dashboard.labels.event import EventKind, NewEvent
from dashboard.labels.queue import QueueRow
from deploy.deferred.record import Prediction, PredictionState
from deploy.model.tables import deployment_predictions
from launchers import LaunchSpec
from launchers.fake import Script
from tests.platform.web.conftest import Site
from tests.platform.world import Container, add_dataset, settle, succeed

PROJECT, OTHER_PROJECT = "stars", "moons"
OTHER = "olga"  # owns what is not a person's own
OWN, SHARED, FOREIGN, PUBLIC = "own", "project", "foreign", "public"
#: Whom each role is played by.
PEOPLE = {role: f"{role}-person" for role in Role}
PROGRAM = {"Accept": "application/json", "Accept-Encoding": "identity"}  # lengths of answers are compared
VIEW = {
    "id": "summary",
    "kind": "histogram",
    "title": "Classes",
    "data": {"x_title": "class", "names": ["A", "B"], "edges": [0, 1, 2], "counts": [1, 1]},
}


def trained(spec: LaunchSpec) -> Script:
    """Leave a model and a report."""
    script = succeed(spec)
    Container.of(spec).write("report/report.json", {"schema": 1, "views": [VIEW]})
    return script


@dataclass
class Cast:
    """Who asks, and what they ask for.

    Attributes
    ----------
    site : Site
        The application.
    headers : dict
        Role, or "visitor", to the headers of a program.
    objects : dict
        Owner (a role, or `OTHER`) and relation to kind to identifier.
    """

    site: Site
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    objects: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def named(self, role: str, relation: str) -> dict[str, str]:
        """Return the identifiers of the objects that stand in a relation to a role."""
        owner = role if relation == OWN else OTHER
        return self.objects[owner, relation]

    def shown_to(self, role: str, kind: str) -> str:
        """Return an object that a role may see: its own, or for visitors what is public."""
        return self.named(role, OWN if role in PEOPLE else PUBLIC)[kind]


async def cast_of(site: Site) -> Cast:
    """Fill a site that has accounts in its database."""
    cast, platform = Cast(site, {"visitor": dict(PROGRAM)}), site.platform
    site.world.behave = trained
    (site.world.home.parent / "modules" / "toy" / "README.md").write_text("A module.")
    for name, role in ((OTHER, Role.USER), *((name, role) for role, name in PEOPLE.items())):
        await platform.accounts.create(name, OWNER, roles=[role])
        await platform.accounts.set_password_hash(name, "none")
    olga = await platform.accounts.identity(OTHER)
    for project in (PROJECT, OTHER_PROJECT):
        await platform.projects.create(project, "", olga)
    olga = await platform.accounts.identity(OTHER)
    for role, name in PEOPLE.items():
        await platform.projects.put_member(PROJECT, name, lead=False, identity=olga)
        await platform.projects.create(f"led-by-{role}", "", OWNER)
        await platform.projects.put_member(f"led-by-{role}", name, lead=True, identity=OWNER)
        token = await platform.sessions.open(name)
        cast.headers[role] = {"Authorization": f"Bearer {token}", **PROGRAM}
    await _objects(cast)
    return cast


async def _objects(cast: Cast) -> None:
    """Make the objects: trainings in one go, then what needs their models."""
    platform = cast.site.platform
    wanted = [(role, OWN, name) for role, name in PEOPLE.items()]
    wanted += [(OTHER, relation, OTHER) for relation in (SHARED, FOREIGN, PUBLIC)]
    jobs = {}
    for owner, relation, name in wanted:
        sharing = {"visibility": "private" if relation in {OWN, FOREIGN} else relation}
        sharing |= {"project": PROJECT} if relation == SHARED else {}
        dataset = await add_dataset(platform, owner=name, name=f"{owner}-{relation}", **sharing)
        identity = Identity(name, frozenset({Role.USER}))
        jobs[owner, relation] = job = await platform.submit(JobRequest("toy", dataset), identity)
        cast.objects[owner, relation] = {"dataset": dataset, "job": job.id}
        cast.objects[owner, relation] |= await _labels(cast, dataset, f"{owner}-{relation}", identity)
        cast.objects[owner, relation] |= await _source(cast, f"{owner}-{relation}", identity)
    for job in jobs.values():
        await settle(platform, job, 3)
    for owner, relation, name in wanted:
        await _with_model(cast, owner, relation, name)


async def _labels(cast: Cast, dataset: str, name: str, identity: Identity) -> dict[str, str]:
    """Make a label set with a queue and a version."""
    labels = cast.site.platform.labels
    made = await labels.create(name, dataset, ["A", "B"], identity)
    event = NewEvent("first", EventKind.LABEL, 0, "A")
    await labels.append(made.id, [event], identity)
    version = await labels.versions.create(made.id, identity)
    queue = await labels.queues.create(made.id, [QueueRow(0)], {"kind": "dataset"}, identity, name="batch")
    return {
        "label_set": made.id,
        "queue": queue.id,
        "version_id": version.id,
        "learning_session": await _session(cast, dataset, name, identity),
    }


async def _source(cast: Cast, name: str, identity: Identity) -> dict[str, str]:
    """Make a source with an acquisition, which is not allowed to reach it."""
    service = cast.site.platform.acquisitions
    given = {"name": name, "kind": "http-index", "values": {"address": "http://127.0.0.1:1/"}}
    source = await service.sources.create(given, identity)
    made = await service.create(source.id, identity)
    await service.runner.ended(made.id)
    return {"source": source.id, "acquisition": made.id}


async def _session(cast: Cast, dataset: str, name: str, identity: Identity) -> str:
    """Begin a learning session."""
    learning = cast.site.platform.learning
    settings = {"targets": ["A"], "module": "toy", "batch": 1}
    session = await learning.create(name, dataset, settings, identity, classes=["A", "B"])
    await learning.start_round(session.id, identity)
    return session.id


async def _with_model(cast: Cast, owner: str, relation: str, name: str) -> None:
    platform, named = cast.site.platform, cast.objects[owner, relation]
    model = await platform.models.of_job(named["job"])
    assert model is not None
    label = f"{owner}-{relation}"
    made = {"name": label, "model": model.id, "access": "users"}
    identity = Identity(name, frozenset({Role.USER}))
    await platform.deployments.create(made, identity)
    await platform.deployments.enable(label, enabled=False)
    token = await platform.deployments.tokens.make(label, {"title": label}, identity)
    await platform.administration.add({"name": f"on-{label}", "kind": "process"}, OWNER)
    named |= {"model": model.id, "deployment": label, "node": f"on-{label}", "token": token["id"]}
    named["prediction"] = await _prediction(cast, label)
    for kind in ("job", "model", "label_set", "learning_session", "source", "deployment", "node"):
        change: dict[str, Any] = {"owner": name, "visibility": "private"}
        if relation == PUBLIC:
            change["visibility"] = "public"
        if relation == SHARED:
            change |= {"visibility": "project", "project": PROJECT}
        await platform.sharing.change(kind, named[kind], change, OWNER)


async def _prediction(cast: Cast, deployment: str) -> str:
    found, _ = cast.site.platform.deployments.service.get(deployment)
    prediction = Prediction(
        id=token_id(deployment).ljust(32, "f")[:32],
        deployment=deployment,
        deployment_created=found.created,
        gateway="gone",
        folder="/nowhere",
        caller=f"user {OTHER}",
        state=PredictionState.QUEUED,
        reason="",
        request={},
        size=1,
        created=found.created,
    )
    row = {name: getattr(prediction, name) for name in deployment_predictions.columns.keys()}  # noqa: SIM118
    async with cast.site.platform.database.write() as connection:
        await connection.execute(insert(deployment_predictions).values(row))
    return prediction.id
