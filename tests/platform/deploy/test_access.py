"""Who may call, how often, and what is remembered of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from deploy.access.authorization import CallerRole
from deploy.access.tokens import PREFIX, Allowance, Scope, Token
from deploy.model.deployment import Access, DeploymentError, UnknownDeployment
from deploy.model.tables import deployment_tokens
from tests.platform.deploy.world import DeployWorld, deployment, until

PREDICT = "v2/models/rdf/predict/"
TRAIN = "v2/models/rdf/train/"


async def made(world: DeployWorld, **limits: object) -> dict[str, str]:
    """Make a token; return the header that carries it."""
    scope = limits.pop("scope", Scope.PREDICT)
    _, secret = await world.service.tokens.make("be-stars", "a program", scope, **limits)  # type: ignore[arg-type]
    await world.service.refresh()
    return {"Authorization": f"Bearer {secret}"}


async def open_to(world: DeployWorld, access: Access) -> None:
    await world.service.create(deployment(access=access))
    await world.ready()


@pytest.mark.parametrize(
    ("access", "caller", "predict", "train"),
    [
        (Access.PUBLIC, CallerRole.ANYONE, 200, 401),
        (Access.PUBLIC, CallerRole.USER, 200, 401),
        (Access.PUBLIC, CallerRole.OWNER, 200, 200),
        (Access.USERS, CallerRole.ANYONE, 401, 401),
        (Access.USERS, CallerRole.USER, 200, 401),
        (Access.TOKENS, CallerRole.USER, 401, 401),
        (Access.TOKENS, CallerRole.OWNER, 200, 200),
    ],
)
async def test_access_says_who_may_predict_and_only_the_owner_may_train(
    world: DeployWorld, access: Access, caller: CallerRole, predict: int, train: int
) -> None:
    await open_to(world, access)
    world.caller = caller
    assert (await world.call(PREDICT))[0] == predict
    assert (await world.call(TRAIN))[0] == train


async def test_a_token_opens_its_deployment_and_no_other(world: DeployWorld) -> None:
    await open_to(world, Access.TOKENS)
    await world.service.create(deployment("other", access=Access.TOKENS))
    token = await made(world)
    assert (await world.call(PREDICT, headers=token))[0] == 200
    assert (await world.call(PREDICT, headers=token, name="other"))[0] == 403


async def test_a_token_of_scope_predict_may_not_train(world: DeployWorld) -> None:
    await open_to(world, Access.TOKENS)
    assert (await world.call(TRAIN, headers=await made(world)))[0] == 403
    assert (await world.call(TRAIN, headers=await made(world, scope=Scope.ALL)))[0] == 200


async def test_an_unknown_an_expired_and_a_revoked_token_are_denied_even_where_all_may_call(
    world: DeployWorld,
) -> None:
    await open_to(world, Access.PUBLIC)
    old = await made(world, expires="2020-01-01T00:00:00.000Z")
    gone = await made(world)
    [_, token] = await world.service.tokens.all()
    await world.service.tokens.delete("be-stars", token.id)
    await world.service.refresh()
    for headers in (
        old,
        gone,
        {"Authorization": f"Bearer {PREFIX}abcdefgh_x"},
        {"Authorization": f"Bearer {PREFIX}"},
    ):
        status, body, answer = await world.call(PREDICT, headers=headers)
        assert (status, answer["WWW-Authenticate"]) == (401, "Bearer")
        assert "ask for a new one" in body["detail"]


async def test_a_wrong_secret_of_a_right_id_is_denied(world: DeployWorld) -> None:
    await open_to(world, Access.TOKENS)
    token = await made(world)
    assert (await world.call(PREDICT, headers={"Authorization": token["Authorization"][:-1] + "!"}))[0] == 401


async def test_the_rate_and_the_quota_of_a_token_are_kept(world: DeployWorld) -> None:
    await open_to(world, Access.TOKENS)
    often = await made(world, rate=2)
    assert [(await world.call(PREDICT, headers=often))[0] for _ in range(3)] == [200, 200, 429]
    daily = await made(world, quota=1)
    assert (await world.call(PREDICT, headers=daily))[0] == 200
    status, body, headers = await world.call(PREDICT, headers=daily)
    assert (status, "1 requests a day" in body["detail"]) == (429, True)
    assert 0 < int(headers["Retry-After"]) <= 86_400


async def test_the_quota_counts_what_other_gateways_and_earlier_starts_let_in(world: DeployWorld) -> None:
    await open_to(world, Access.TOKENS)
    token = await made(world, quota=3)
    assert [(await world.call(PREDICT, headers=token))[0] for _ in range(2)] == [200, 200]
    await world.service.usage.write()
    second = world.another("you")
    await second.start()
    second.authorizer.count(await second.usage.made_today())
    world.service, first = second, world.service
    await first.close(stop_replicas=True)
    assert [(await world.call(PREDICT, headers=token))[0] for _ in range(2)] == [200, 429]


def test_a_rate_fills_again_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [1000.0]
    monkeypatch.setattr("deploy.access.tokens.time.monotonic", lambda: moment[0])
    allowance = Allowance(Token("x", "be", "t", Scope.PREDICT, "", "", rate=60))
    assert [allowance.take() for _ in range(60)] == [0.0] * 60
    assert allowance.take() == pytest.approx(1.0)
    moment[0] += 1.0
    assert allowance.take() == 0.0


async def test_only_hashes_are_stored_and_the_id_is_all_that_is_shown(world: DeployWorld) -> None:
    await open_to(world, Access.TOKENS)
    token, secret = await world.service.tokens.make("be-stars", "a program")
    async with world.database.read() as connection:
        [row] = (await connection.execute(sa.select(deployment_tokens))).mappings()
    assert secret not in str(dict(row))
    assert "hash" not in token.to_json()
    assert f"_{token.id}_" in secret.replace(PREFIX, "_")


async def test_a_token_of_nothing_or_with_nonsense_is_not_made(world: DeployWorld) -> None:
    with pytest.raises(UnknownDeployment):
        await world.service.tokens.make("nothing", "t")
    await open_to(world, Access.TOKENS)
    with pytest.raises(DeploymentError, match="rate must be"):
        await world.service.tokens.make("be-stars", "t", rate=0)
    with pytest.raises(DeploymentError, match="title must have"):
        await world.service.tokens.make("be-stars", "  ")
    with pytest.raises(DeploymentError, match="has no token"):
        await world.service.tokens.delete("be-stars", "nothing")


async def test_usage_is_counted_by_token_and_version_and_survives_a_restart(world: DeployWorld) -> None:
    await open_to(world, Access.PUBLIC)
    token = await made(world)
    for headers in ({}, token, token):
        await world.call(PREDICT, headers=headers)
    await world.call(TRAIN)
    await world.service.usage.write()
    await world.call(PREDICT)
    await world.service.usage.write()
    found = await world.another().usage.of("be-stars", 60)
    total = found["total"]
    # The replicas of these tests say that each call was about two spectra.
    assert (total["requests"], total["spectra"], total["client_errors"], total["server_errors"]) == (
        5,
        8,
        1,
        0,
    )
    assert 0 < total["p50"] <= total["p95"]
    assert {name: sums["requests"] for name, sums in found["versions"].items()} == {"1": 4, "0": 1}
    assert sorted(sums["requests"] for sums in found["tokens"].values()) == [2, 3]
    assert sum(bucket["requests"] for bucket in found["buckets"]) == 5
    assert (await world.service.usage.lately())["be-stars"]["requests"] == 5


async def test_while_the_database_is_away_calls_go_on_and_are_counted_later(world: DeployWorld) -> None:
    await open_to(world, Access.PUBLIC)
    world.database.away = True
    async with world.session.get(world.url("v2/")) as answer:  # type: ignore[union-attr]
        assert answer.status == 200
    with pytest.raises(sa.exc.OperationalError):
        await world.service.usage.write()
    world.database.away = False
    await world.service.usage.write()
    assert (await world.service.usage.of("be-stars", 60))["total"]["requests"] == 1


async def test_a_second_gateway_follows_what_the_first_changes(world: DeployWorld) -> None:
    second = world.another("you")
    await second.start()
    await world.service.create(deployment())
    await until(lambda: [one.name for one, _ in second.all()] == ["be-stars"])
    await world.service.change("be-stars", lambda one: replace(one, access=Access.TOKENS))
    await until(lambda: second.get("be-stars")[0].access is Access.TOKENS)
    await world.service.delete("be-stars")
    await until(lambda: second.all() == [])
    await second.close(stop_replicas=True)
