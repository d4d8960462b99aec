"""What a deployment tells to whom: it describes itself to callers; trainings need scope `all`."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from deploy.access.authorization import CallerRole
from deploy.access.tokens import Scope
from deploy.control.context import kept_key
from deploy.control.replica_spec import GATEWAY_HEADER, launch_spec
from deploy.gateway.headers import describes, predicts
from deploy.model.deployment import Access
from tests.platform.deploy.test_access import made, open_to
from tests.platform.deploy.world import DeployWorld, version

READABLE = ["", "v2/", "v2/models/", "v2/models/rdf/", "swagger.json", "v2", "api", "static/swagger/a-b.js"]
TRAININGS = [
    "v2/models/rdf/train/",
    "v2/models/rdf/train",
    "v2/models/rdf/%74rain/",
    "v2/models/rdf//train/",
    "v2/models/rdf/./train/",
    "v2/models/rdf/x/../train/",
    "v2/models/rdf/train/0123/log",
    "v2/models/rdf/train/0123/artefacts/predict",
    "v2/models/rdf/train/0123/artefacts/model/forest.skops",
    "static/swagger/../../v2/models/rdf/train/",
    "static/swagger/%2e%2e/%2e%2e/v2/models/rdf/train/",
    "metrics",
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_a_stranger_reads_what_a_public_model_is_and_no_training(
    world: DeployWorld, method: str
) -> None:
    await open_to(world, Access.PUBLIC)
    world.caller = CallerRole.ANYONE
    assert world.session
    for path in READABLE:
        async with world.session.request(method, world.url(path)) as answer:
            assert answer.status == 200, path
    for path in TRAININGS:
        async with world.session.request(method, world.url(path)) as answer:
            assert answer.status == 401, path


async def test_a_token_of_scope_predict_reads_no_training_and_one_of_scope_all_does(
    world: DeployWorld,
) -> None:
    await open_to(world, Access.PUBLIC)
    path = "v2/models/rdf/train/"
    assert (await world.call(path, "GET", headers=await made(world)))[0] == 403
    assert (await world.call(path, "GET", headers=await made(world, scope=Scope.ALL)))[0] == 200


@pytest.mark.parametrize("path", TRAININGS)
def test_no_way_of_writing_a_path_makes_a_training_a_prediction(path: str) -> None:
    assert not predicts(f"/{path}")
    assert not describes(f"/{path}")


async def test_a_replica_is_shown_its_own_secret_whatever_a_caller_sends(world: DeployWorld) -> None:
    await open_to(world, Access.PUBLIC)
    _, found, _ = await world.call(headers={GATEWAY_HEADER: "guessed"})
    [spec] = [run.spec for run in world.node.runs.values()]
    assert found["headers"][GATEWAY_HEADER.lower()] == spec.env["HUGGINS_SECRET"]
    assert len(spec.env["HUGGINS_SECRET"]) == 64


def test_a_replica_listens_where_its_launcher_says_and_does_not_train(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    for entry in ("batch", "deepaas"):
        spec = launch_spec("d-a", version(entry=entry), tmp_path / "one", "me", "s")
        assert {"{host}", "{port}", "--notrain-endpoint"} <= {*spec.command}
        assert "/job/state" not in {mount.target for mount in spec.mounts}
    spec = launch_spec("d-a", version(training=True), tmp_path / "one", "me", "s")
    assert "--notrain-endpoint" not in spec.command
    [state] = [mount for mount in spec.mounts if mount.target == "/job/state"]
    assert (state.source, state.read_only) == (tmp_path / "state", False)


def test_the_key_of_the_secrets_stays_and_is_nobody_elses(tmp_path: Path) -> None:
    key = kept_key(tmp_path)
    assert (len(key), kept_key(tmp_path)) == (32, key)
    assert stat.S_IMODE((tmp_path / ".key").stat().st_mode) == 0o600
