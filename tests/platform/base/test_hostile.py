"""What a hostile or careless module writes cannot keep its job from completion."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from dashboard.jobs.job import Phase
from dashboard.platform import Platform
from launchers import LaunchSpec
from launchers.fake import Script
from tests.platform.world import Container, World, settle, submit

NASTY = "nul \0, half a letter \ud800, bell \x07"


def ends_with(**written: Any) -> Any:
    def run(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        container.begin()
        for path, content in written.items():
            container.write(path.replace("__", "/").replace("_json", ".json"), content)
        container.exit("error", NASTY, 10**30, begin="x" * 500)
        return Script(exit_code=1)

    return run


async def test_a_reason_a_code_and_a_time_that_no_database_takes_are_mended(
    world: World, platform: Platform
) -> None:
    world.behave = ends_with()
    job = await settle(platform, await submit(platform))
    assert job.phase is Phase.ERROR
    assert job.reason == "nul , half a letter ?, bell \x07"
    assert job.started is not None
    assert len(job.started) == 24


async def test_metrics_that_are_no_numbers_are_left_out(world: World, platform: Platform) -> None:
    metrics = {"good": 1, NASTY: 2, "huge": 10**400, "text": "x"}
    world.behave = ends_with(summary_json=json.dumps({"metrics": metrics}))
    job = await settle(platform, await submit(platform))
    assert job.metrics == {"good": 1.0, "nul , half a letter ?, bell \x07": 2.0}


async def test_a_file_whose_name_is_no_unicode_is_passed_over(world: World, platform: Platform) -> None:
    def run(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        with open(os.fsencode(container.out) + b"/\xff.bin", "wb") as file:  # noqa: PTH123 a name of bytes
            file.write(b"x")
        container.exit("completed")
        return Script(exit_code=0)

    world.behave = run
    job = await settle(platform, await submit(platform))
    assert job.phase is Phase.COMPLETED
    assert [part.path for part in await platform.jobs.artefacts(job.id)] == ["exit.json"]


@pytest.mark.parametrize(
    "card", ['{"loss": NaN, "best": 1e999}', "[" * 100_000, '{"a": ' * 900 + "1" + "}" * 900]
)
async def test_a_model_card_that_cannot_be_stored_does_not_keep_the_job_from_ending(
    world: World, platform: Platform, card: str
) -> None:
    def run(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        container.write("model/model.json", card)
        container.exit("completed")
        return Script(exit_code=0)

    world.behave = run
    job = await settle(platform, await submit(platform))
    assert job.final
    assert job.phase is Phase.COMPLETED or "model.json is no JSON" in job.reason


async def test_progress_of_impossible_numbers_and_letters_is_stored(world: World, platform: Platform) -> None:
    def run(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        container.begin()
        line = {"time": "9999-99-99", "phase": NASTY, "step": 10**400, "total": 5, "message": NASTY}
        container.add("progress.jsonl", line)
        container.add("metrics.jsonl", {"name": NASTY, "value": 10**400})
        return Script()

    world.behave = run
    job = await settle(platform, await submit(platform))
    assert (job.phase, job.reason) == (Phase.EXECUTING, "")
    assert job.progress is not None
    assert (job.progress["step"], job.progress["fraction"]) == (None, None)


async def test_a_log_of_bytes_that_are_no_text_gives_a_reason(world: World, platform: Platform) -> None:
    world.behave = lambda _: Script(exit_code=1, output=b"\xff\xfe\x00 broken \x1b[2J\n" * 5000)
    job = await settle(platform, await submit(platform))
    assert job.phase is Phase.ERROR
    assert "broken" in job.reason
    assert len(job.reason) < 1000
