"""The supervisor over a fake node: what becomes of a job, whatever the node and the module do."""

from __future__ import annotations

import errno
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboard.auth.identity import OWNER
from dashboard.base.resources import Resources
from dashboard.jobs.job import AttemptState, Phase
from dashboard.jobs.supervisor.sweeper import Sweeper
from dashboard.nodes.registry import Nodes
from dashboard.platform import Platform
from dashboard.settings import NodeSettings
from launchers import LaunchSpec
from launchers.fake import Script
from tests.platform.world import Container, World, add_dataset, only_attempt, run_on, settle, submit


async def test_a_job_runs_to_its_end_and_leaves_a_model_and_artefacts(
    world: World, platform: Platform
) -> None:
    job = await settle(platform, await submit(platform, label="first"))
    assert (job.phase, job.metrics) == (Phase.COMPLETED, {"accuracy": 0.9})
    assert [part.path for part in await platform.jobs.artefacts(job.id)] == [
        "exit.json",
        "log.txt",
        "model/model.json",
        "model/weights.bin",
        "summary.json",
    ]
    model = await platform.models.of_job(job.id)
    assert model is not None
    assert (model.name, model.classes, model.input["name"]) == ("first", ["A", "B"], "two stars")
    assert (platform.models.folder(model.id) / "weights.bin").read_text() == "weights"
    assert (await only_attempt(platform, job)).state is AttemptState.REMOVED
    assert await platform.nodes.launcher("local").list(f"{platform.owner}-jobs") == []


async def test_the_module_is_told_everything_in_job_json_and_the_manifest(
    world: World, platform: Platform
) -> None:
    seen: dict[str, Any] = {}

    def look(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        seen.update(
            container.job, manifest=(container.folder / "in/manifest.csv").read_text().split(), spec=spec
        )
        return Script(exit_code=0)

    world.behave = look
    job = await submit(platform, parameters={"epochs": 3}, resources=Resources(2, 256, 0, 60).to_json())
    await settle(platform, job)
    assert seen["job"] == job.id
    assert seen["parameters"] == {"epochs": 3, "rate": 0.5}
    assert seen["input"]["manifest"] == "in/manifest.csv"
    assert seen["manifest"] == ["path,hdu,row,name,label,group,instrument", "A.csv,,,A,A,,", "B.csv,,,B,B,,"]
    assert (seen["spec"].cpus, seen["spec"].memory_mb, seen["spec"].walltime_s) == (2, 256, 60)
    assert [mount.read_only for mount in seen["spec"].mounts] == [False, True]


@pytest.mark.parametrize("code", [1, 2, 75, 137, 255])
async def test_a_module_that_ends_without_a_word_is_an_error_with_a_reason(
    world: World, platform: Platform, code: int
) -> None:
    world.behave = lambda _: Script(exit_code=code)
    job = await settle(platform, await submit(platform))
    assert job.phase is Phase.ERROR
    assert "before its code started" in job.reason
    assert "It printed nothing" in job.reason
    assert (await only_attempt(platform, job)).exit_code == code


async def test_the_last_words_of_the_log_stand_in_the_reason_without_control_characters(
    world: World, platform: Platform
) -> None:
    def die(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        container.begin()
        container.write("log.txt", "epoch 1\n\x1b[31mMemoryError\x07: too much\n")
        return Script(exit_code=137, reason="killed: out of memory (limit 512 MB)")

    world.behave = die
    job = await settle(platform, await submit(platform))
    assert job.reason.startswith("killed: out of memory (limit 512 MB). Last log lines: epoch 1 | ")
    assert job.reason.endswith("MemoryError: too much")
    assert not {"\x1b", "\x07"} & set(job.reason)


async def test_what_was_printed_before_the_log_existed_is_quoted_too(
    world: World, platform: Platform
) -> None:
    world.behave = lambda _: Script(exit_code=1, output=b"ModuleNotFoundError: no module named toy\n")
    job = await settle(platform, await submit(platform))
    assert "ModuleNotFoundError: no module named toy" in job.reason


async def test_the_reason_that_the_module_gives_is_the_jobs_reason(world: World, platform: Platform) -> None:
    def reject(spec: LaunchSpec) -> Script:
        Container.of(spec).exit("error", "3 spectra are fewer than 5 folds", 2)
        return Script(exit_code=2)

    world.behave = reject
    job = await settle(platform, await submit(platform))
    assert (job.phase, job.reason) == (Phase.ERROR, "3 spectra are fewer than 5 folds")


async def test_an_exit_file_of_another_attempt_is_not_believed(world: World, platform: Platform) -> None:
    def lie(spec: LaunchSpec) -> Script:
        Container.of(spec).exit("completed", attempt="h-another-1")
        return Script(exit_code=1)

    world.behave = lie
    assert (await settle(platform, await submit(platform))).phase is Phase.ERROR


async def test_a_container_that_vanishes_is_looked_for_again_and_then_an_error(
    world: World, platform: Platform
) -> None:
    world.behave = run_on
    job = await submit(platform)
    await platform.supervisor.reconcile()
    world.node.lose(world.started()[0])
    await platform.supervisor.reconcile()
    job = await platform.jobs.get(job.id)
    assert job.phase is Phase.EXECUTING
    assert "looking again" in job.reason
    job = await settle(platform, job)
    assert job.phase is Phase.ERROR
    assert "no longer on node local" in job.reason


async def test_a_container_that_comes_back_is_no_longer_missing(world: World, platform: Platform) -> None:
    world.behave = run_on
    job = await submit(platform)
    await platform.supervisor.reconcile()
    [name] = world.started()
    hidden = world.node.runs.pop(name)
    await platform.supervisor.reconcile()
    assert (await only_attempt(platform, job)).missing_since is not None
    world.node.runs[name] = hidden
    job = await settle(platform, job)
    assert (job.phase, job.reason) == (Phase.EXECUTING, "")
    assert (await only_attempt(platform, job)).missing_since is None


async def test_a_state_that_is_unknown_is_shown_and_never_taken_for_an_end(
    world: World, platform: Platform
) -> None:
    world.behave = run_on
    job = await submit(platform)
    await platform.supervisor.reconcile()
    world.node.puzzle(world.started()[0])
    job = await settle(platform, job)
    assert job.phase is Phase.EXECUTING
    assert "cannot report its state" in job.reason
    world.node.begin(world.started()[0])
    assert (await settle(platform, job)).reason == ""


async def test_a_node_that_is_down_keeps_the_job_waiting_with_the_reason(
    world: World, platform: Platform
) -> None:
    world.node.down = "no route to host"
    await platform.nodes.probe("local")
    job = await settle(platform, await submit(platform, node="local"))
    assert (job.phase, job.reason) == (Phase.QUEUED, "node local does not answer: no route to host")
    world.node.down = ""
    await platform.nodes.probe("local")
    assert (await settle(platform, job)).phase is Phase.COMPLETED


async def test_a_node_that_goes_down_does_not_take_its_jobs_with_it(world: World, platform: Platform) -> None:
    world.behave = run_on
    job = await submit(platform)
    await platform.supervisor.reconcile()
    world.node.down = "the cable is out"
    job = await settle(platform, job)
    assert (job.phase, job.reason) == (Phase.EXECUTING, "node local does not answer: the cable is out")
    world.node.down = ""
    container = Container.of(world.node.specification(world.started()[0]))
    container.exit()
    world.node.finish(world.started()[0])
    job = await settle(platform, job)
    assert (job.phase, len(world.started())) == (Phase.COMPLETED, 1)


async def test_a_start_whose_answer_is_lost_is_found_by_its_name_and_not_repeated(
    world: World, platform: Platform
) -> None:
    world.behave = run_on
    world.node.lose_answers = 1
    job = await settle(platform, await submit(platform))
    assert (job.phase, len(world.started())) == (Phase.EXECUTING, 1)
    assert "attached" in [event.kind for event in await platform.jobs.events(job.id)]


async def test_a_rejected_start_is_an_error_with_the_nodes_reason(world: World, platform: Platform) -> None:
    world.node.reject = "the engine knows no GPU"
    job = await settle(platform, await submit(platform))
    assert (job.phase, job.reason) == (Phase.ERROR, "node local rejected it: the engine knows no GPU")


async def test_a_missing_image_is_an_error_that_names_it(world: World, platform: Platform) -> None:
    world.node.images = set()
    job = await settle(platform, await submit(platform))
    assert job.phase is Phase.ERROR
    assert "huggins/toy:1.2.3" in job.reason


async def test_a_dataset_that_was_deleted_is_an_error_that_says_so(world: World, platform: Platform) -> None:
    dataset = await add_dataset(platform)
    job = await submit(platform, dataset)
    (platform.settings.home / "data" / dataset / "files" / "A.csv").unlink()
    (platform.settings.home / "data" / dataset / "files" / "B.csv").unlink()
    (platform.settings.home / "data" / dataset / "files").rmdir()
    job = await settle(platform, job)
    assert job.phase is Phase.ERROR
    assert "two stars" in job.reason


async def test_a_full_disk_in_the_job_folder_is_an_error_that_says_what_to_do(
    world: World, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("dashboard.jobs.folder.writer.write_json", full)
    job = await settle(platform, await submit(platform))
    assert job.phase is Phase.ERROR
    assert "the disk is full: make room" in job.reason


async def test_results_wait_for_room_on_a_full_disk_and_are_not_lost(
    world: World, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.link", full)
        job = await settle(platform, await submit(platform))
        assert not job.final
        assert "the disk is full" in job.reason
    job = await settle(platform, job)
    assert job.phase is Phase.COMPLETED
    assert await platform.models.of_job(job.id) is not None


async def test_a_model_that_cannot_be_read_makes_an_error_and_keeps_the_files(
    world: World, platform: Platform
) -> None:
    def spoil(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        container.write("model/model.json", "{")
        container.exit()
        return Script(exit_code=0)

    world.behave = spoil
    job = await settle(platform, await submit(platform))
    assert job.phase is Phase.ERROR
    assert "model.json is no JSON" in job.reason
    assert "model/model.json" in [part.path for part in await platform.jobs.artefacts(job.id)]


async def test_files_outside_are_never_taken_for_results(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")

    def link(spec: LaunchSpec) -> Script:
        container = Container.of(spec)
        container.begin()
        (container.out / "log.txt").symlink_to(secret)
        (container.out / "model").symlink_to(tmp_path)
        return Script(exit_code=1)

    world.behave = link
    job = await settle(platform, await submit(platform))
    assert "secret" not in job.reason
    assert [part.path for part in await platform.jobs.artefacts(job.id)] == []


async def test_aborting_a_waiting_job_never_starts_it(world: World, platform: Platform) -> None:
    job = await submit(platform)
    await platform.abort(job.id, OWNER)
    job = await settle(platform, job)
    assert (job.phase, world.started()) == (Phase.ABORTED, [])


async def test_aborting_a_running_job_stops_its_container(world: World, platform: Platform) -> None:
    world.behave = run_on
    job = await submit(platform)
    await platform.supervisor.reconcile()
    await platform.abort(job.id, OWNER)
    job = await settle(platform, job)
    assert (job.phase, world.node.stopped) == (Phase.ABORTED, world.started())


async def test_a_job_that_finished_before_its_abort_keeps_its_result(
    world: World, platform: Platform
) -> None:
    world.behave = run_on
    job = await submit(platform)
    await platform.supervisor.reconcile()
    await platform.abort(job.id, OWNER)
    Container.of(world.node.specification(world.started()[0])).exit()
    assert (await settle(platform, job)).phase is Phase.COMPLETED


async def test_a_stop_from_outside_is_an_error_and_not_an_abort(world: World, platform: Platform) -> None:
    def stopped(spec: LaunchSpec) -> Script:
        Container.of(spec).exit("aborted", "asked to stop", 130)
        return Script(exit_code=130, reason="killed: its time was up (60 s)")

    world.behave = stopped
    job = await settle(platform, await submit(platform))
    assert (job.phase, job.reason) == (Phase.ERROR, "killed: its time was up (60 s)")


async def test_jobs_are_started_in_their_order_and_only_while_there_is_room(
    world: World, platform: Platform
) -> None:
    world.behave = run_on
    dataset = await add_dataset(platform)
    jobs = [await submit(platform, dataset, resources=Resources(cpus, 64).to_json()) for cpus in (3, 3, 1)]
    await settle(platform, jobs[0])
    # Four processors: the second finds no room; the third would, but then the second might wait for ever.
    assert [name.split("-")[1] for name in world.started()] == [jobs[0].id]
    assert (await platform.jobs.get(jobs[1].id)).reason == "waits for room on a node"
    Container.of(world.node.specification(world.started()[0])).exit()
    world.node.finish(world.started()[0])
    await settle(platform, jobs[0])
    # Placed in their order, they start at the same time.
    assert {name.split("-")[1] for name in world.started()} == {job.id for job in jobs}


async def test_slots_limit_the_jobs_of_a_node(world: World) -> None:
    world.nodes = {"local": NodeSettings(kind="fake", slots=1)}
    world.behave = run_on
    platform = await world.platform()
    dataset = await add_dataset(platform)
    for _ in range(3):
        job = await submit(platform, dataset)
    await settle(platform, job)
    assert len(world.started()) == 1
    assert platform.nodes.get("local").running != ()


async def test_progress_and_metrics_reach_those_who_follow_and_the_row(
    world: World, platform: Platform
) -> None:
    world.behave = run_on
    job = await submit(platform)
    await platform.supervisor.reconcile()
    container = Container.of(world.node.specification(world.started()[0]))
    with platform.live.subscribe([f"job:{job.id}"]) as following:
        container.progress(10, 100, "2026-01-01T00:00:00.000Z")
        container.progress(30, 100, "2026-01-01T00:00:10.000Z")
        container.add("metrics.jsonl", {"time": "2026-01-01", "name": "loss", "value": 0.5, "step": 30})
        container.add("log.txt", "hello\n")
        await platform.supervisor.reconcile()
        await platform.supervisor.reconcile()
        events = {}
        while (event := await following.get(0)) is not None:
            events[event.kind] = event.data
    assert events["progress"]["fraction"] == 0.3
    assert events["progress"]["seconds_left"] == pytest.approx(35)
    assert events["metrics"]["points"][0]["value"] == 0.5
    assert events["log"]["size"] == 6
    stored = (await platform.jobs.get(job.id)).progress
    assert stored is not None
    assert stored["step"] == 30


async def test_what_runs_for_a_deleted_job_is_swept_away(world: World, platform: Platform) -> None:
    world.behave = lambda _: Script()
    spec = LaunchSpec("h-gone-1", "image", ("true",), owner=f"{platform.owner}-jobs")
    await platform.nodes.launcher("local").start(spec)
    await platform.supervisor.sweep()
    assert await platform.nodes.launcher("local").find("h-gone-1") is None


async def test_an_orphan_is_left_alone_until_it_is_old_enough(
    world: World, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.behave = lambda _: Script()
    launcher = platform.nodes.launcher("local")
    await launcher.start(LaunchSpec("h-gone-1", "image", ("true",), owner=f"{platform.owner}-jobs"))
    context = platform.supervisor._context
    patient = Sweeper(replace(context, settings=replace(context.settings, orphan_grace_s=60.0)))
    await patient.sweep()
    assert await launcher.find("h-gone-1") is not None
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    await patient.sweep()
    assert await launcher.find("h-gone-1") is None


async def test_what_was_started_again_after_it_was_cleared_away_is_swept(
    world: World, platform: Platform
) -> None:
    job = await settle(platform, await submit(platform))
    spec = world.node.started[-1]  # a supervisor that hung in the middle of this start, and woke
    await platform.nodes.launcher("local").start(spec)
    await platform.supervisor.sweep()
    assert await platform.nodes.launcher("local").find(spec.name) is None
    assert (await platform.jobs.get(job.id)).phase is Phase.COMPLETED


async def test_a_folder_of_an_unknown_job_is_left_alone_and_of_a_deleted_one_removed(
    platform: Platform,
) -> None:
    stranger = platform.jobs.folder / "stranger"
    stranger.mkdir(parents=True)
    job = await settle(platform, await submit(platform))
    await platform.jobs.delete(job.id, OWNER)
    (platform.jobs.folder / job.id).mkdir()
    await platform.supervisor.sweep()
    assert stranger.is_dir()
    assert not (platform.jobs.folder / job.id).exists()


async def test_nothing_begins_while_the_home_is_not_mounted(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    job = await submit(platform)
    there = tmp_path / "there"
    (world.home / "platform.id").rename(there)  # an empty folder is seen in its place
    job = await settle(platform, job)
    assert job.phase is Phase.QUEUED
    assert job.reason == "its folder cannot be seen: is the shared folder mounted?"
    assert world.started() == []
    assert not (platform.jobs.folder / job.id).exists()
    there.rename(world.home / "platform.id")
    assert (await settle(platform, job)).phase is Phase.COMPLETED


async def test_a_node_that_changed_its_kind_does_not_make_its_jobs_missing(
    world: World, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.behave = run_on
    job = await submit(platform)
    await platform.supervisor.reconcile()
    other = type("Other", (), {"kind": "docker"})()
    monkeypatch.setattr(Nodes, "launcher", lambda *_: other)
    job = await settle(platform, job)
    assert job.phase is Phase.EXECUTING
    assert "used fake for it and uses docker now" in job.reason


async def test_the_loop_runs_a_job_by_itself(world: World) -> None:
    platform = await world.platform(supervise=True)
    with platform.live.subscribe(["jobs"]) as following:
        job = await submit(platform)
        async for event in following:
            if event.data.get("phase") == "COMPLETED":
                break
    assert (await platform.jobs.get(job.id)).phase is Phase.COMPLETED
