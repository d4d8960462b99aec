"""Asking images for their parameters: once per digest, again after a failure, never trusting the answer."""

from __future__ import annotations

import asyncio
import json

import pytest

from dashboard.base.errors import NotFound, Unavailable
from dashboard.modules.describe import DescriptionFailed, parse
from dashboard.nodes.registry import Nodes
from dashboard.platform import Platform
from launchers import LaunchSpec
from launchers.base import ImageMissing
from launchers.fake import FakeLauncher, Script
from tests.platform.world import DESCRIPTION, MODULE_YAML, World

ANSWER = json.dumps({"schema": 1, "modules": {"toy": DESCRIPTION}})


def asked(world: World) -> int:
    return sum(spec.command[-1] == "toy" for spec in world.node.started)


async def test_an_image_is_asked_once_per_digest(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def by_digest(_self: FakeLauncher, image: str) -> str:
        return f"{image}@sha256:1"

    monkeypatch.setattr(FakeLauncher, "prepare", by_digest)
    for _ in range(2):
        platform = await world.platform()
        assert await platform.modules.descriptions.of("toy") == DESCRIPTION
        assert platform.modules.descriptions.known("toy").image == "huggins/toy:1.2.3@sha256:1"
        await world.close()
    assert asked(world) == 1


async def test_an_image_known_by_a_tag_only_is_asked_at_each_start(world: World) -> None:
    for _ in range(2):
        await world.platform()
        await world.close()
    assert asked(world) == 2


async def test_a_changed_module_is_seen_without_a_restart(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.modules.registry.LOOK_EVERY_S", 0.01)
    platform = await world.platform()
    file = world.home.parent / "modules" / "toy" / "module.yaml"
    assert await platform.modules.descriptions.of("toy") == DESCRIPTION
    with platform.live.subscribe(["modules"]) as events:
        async with asyncio.timeout(20):
            file.write_text(file.read_text().replace("title: Toy", "title: Mended toy"))
            while platform.modules.get("toy").title != "Mended toy":
                await events.get()
            file.write_text(file.read_text().replace("version: 1.2.3", "version: 1.3.0"))
            while platform.modules.get("toy").version != "1.3.0":
                await events.get()
    assert (
        await platform.modules.descriptions.of("toy") == DESCRIPTION
    )  # its image is another: it is asked again
    assert platform.modules.descriptions.known("toy").image.endswith("1.3.0")
    assert asked(world) == 2


async def test_a_module_on_two_bases_is_served_by_the_smaller_image_where_a_node_has_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = world.home.parent / "modules" / "toy" / "module.yaml"
    file.write_text(file.read_text().replace("extras: []", "bases: {training: tensorflow, serving: plain}"))
    platform = await world.platform()
    assert await platform.modules.images.serving("toy", "1.2.3", "trained") == "huggins/toy-serve:1.2.3"
    assert await platform.modules.images.serving("gone", "1.2.3", "trained") == "trained"

    async def missing(_self: FakeLauncher, image: str) -> str:
        raise ImageMissing("fake", image)

    monkeypatch.setattr(FakeLauncher, "prepare", missing)
    assert await platform.modules.images.serving("toy", "1.2.3", "trained") == "trained"


async def test_nothing_is_left_of_an_asked_image(world: World, platform: Platform) -> None:
    assert await platform.nodes.launcher("local").list(f"{platform.owner}-describe") == []


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (Script(exit_code=1, output=b"Traceback\nImportError: no toy"), "ImportError: no toy"),
        (Script(exit_code=1), "it printed nothing"),
        (Script(exit_code=0, output=b"hello"), "holds no description of toy"),
    ],
)
async def test_an_image_that_fails_is_unavailable_with_its_last_words(
    world: World, platform: Platform, script: Script, reason: str
) -> None:
    platform.modules.descriptions._described.clear()
    world.node.behave = lambda _: script
    with pytest.raises(Unavailable, match=reason):
        await platform.modules.descriptions.of("toy")
    assert platform.modules.descriptions.known("toy").state == "failed"
    world.node.behave = world._behave
    assert await platform.modules.descriptions.of("toy") == DESCRIPTION


async def test_without_a_node_the_reason_is_said(world: World, platform: Platform) -> None:
    platform.modules.descriptions._described.clear()
    world.node.down = "off"
    await platform.nodes.probe("local")
    with pytest.raises(Unavailable, match="no node answers"):
        await platform.modules.descriptions.of("toy")


async def test_a_module_is_asked_as_soon_as_a_node_comes(world: World) -> None:
    world.node.down = "off"
    with pytest.raises(Unavailable):
        await world.platform()
    [platform] = world.platforms
    with platform.live.subscribe(["modules"]) as following:
        world.node.down = ""
        await platform.nodes.probe("local")
        async for event in following:
            if event.data.get("state") == "ready":
                break
    assert platform.modules.descriptions.known("toy").description == DESCRIPTION


async def test_what_an_earlier_platform_was_asking_is_removed(world: World) -> None:
    first = await world.platform()
    owner = f"{first.owner}-describe"
    spec = LaunchSpec("describe-old", "image", ("python", "toy"), owner=owner)
    await first.nodes.launcher("local").start(spec)
    await world.close()
    second = await world.platform()
    assert await second.nodes.launcher("local").find("describe-old") is None


async def test_an_unknown_module_names_the_nearest(platform: Platform) -> None:
    with pytest.raises(NotFound, match="Did you mean toy"):
        await platform.modules.descriptions.of("tou")


async def test_a_folder_of_modules_that_is_not_there_is_told(world: World, platform: Platform) -> None:
    module = world.home.parent / "modules"
    module.rename(module.with_name("moved"))
    await platform.modules.reload()
    assert not platform.modules.catalog.modules
    assert "is not a folder of modules" in platform.modules.catalog.broken[0][1]


def test_warnings_around_the_answer_are_passed_over() -> None:
    assert parse(f'{{not json\nwarning: {{"a": 1}}\n{ANSWER}\nbye', "toy") == DESCRIPTION


@pytest.mark.parametrize(
    "description",
    [
        {},
        {**DESCRIPTION, "train": "x"},
        {**DESCRIPTION, "train": [1]},
        {**DESCRIPTION, "train": [{"name": "x"}]},
    ],
)
def test_a_description_without_form_is_rejected(description: dict[str, object]) -> None:
    with pytest.raises(DescriptionFailed):
        parse(json.dumps({"modules": {"toy": description}}), "toy")


async def test_a_node_that_hangs_counts_as_down(
    world: World, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(self: Nodes) -> None:
        raise TimeoutError

    monkeypatch.setattr(FakeLauncher, "probe", never)
    node = await platform.nodes.probe("local")
    assert (node.ok, node.reason) == (False, "no answer within 60 s")
    assert (node.cpus, node.last_seen is not None) == (4, True)


async def test_a_module_of_somebody_else_is_deployed_though_its_image_describes_nothing(world: World) -> None:
    folder = world.home.parent / "modules" / "theirs"
    folder.mkdir(parents=True)
    text = MODULE_YAML.partition("huggins:")[0].replace("/toy}", "/toy, docker_image: ai4oshub/theirs}")
    (folder / "ai4-metadata.yml").write_text(text)

    def behave(spec: LaunchSpec) -> Script:
        if spec.command[-1] == "theirs":
            return Script(exit_code=1, output=b"No module named deepaas_plugins")
        return world._behave(spec)

    world.node.behave = behave
    platform = await world.platform()
    modules = platform.modules
    assert (await modules.descriptions.deployable_image("theirs")).startswith("ai4oshub/theirs")
    assert "it can be deployed without them" in modules.descriptions.known("theirs").reason
    with pytest.raises(Unavailable, match="No module named deepaas_plugins"):
        await modules.descriptions.of("theirs")
    assert (await modules.descriptions.deployable_image("toy")).startswith("huggins/toy:1.2.3")
