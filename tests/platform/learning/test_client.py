"""Label sets and sessions by the Python client, blocking and for asyncio."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path

import pytest
from huggins_client import AsyncHuggins, Huggins, HugginsError
from huggins_client.asynchronous_learning import AsyncLearningCalls
from huggins_client.blocking_learning import LearningCalls

from dashboard.auth.identity import OWNER
from tests.platform.learning.test_pages import with_candidates
from tests.platform.learning.test_sessions import SETTINGS, forward
from tests.platform.web.conftest import Site, open_site
from tests.platform.world import add_dataset


def address(site: Site) -> tuple[str, str]:
    return str(site.stranger.make_url("/")).rstrip("/"), site.token


async def test_a_session_is_steered_by_the_client(tmp_path: Path) -> None:
    async with open_site(tmp_path, behave=with_candidates) as site:
        await site.platform.coordinator.stop()
        dataset = await add_dataset(site.platform)
        async with AsyncHuggins(*address(site)) as huggins:
            rest = {name: value for name, value in SETTINGS.items() if name != "targets"}
            made = await huggins.new_session("Be stars", dataset, ["A", "B"], SETTINGS["targets"], **rest)
            assert [one["state"] for one in made.rounds] == ["waiting"]
            await forward(site.platform)
            found = await huggins.settled(made.id, timeout_s=5)
            assert found.rounds[-1]["state"] == "labelling"
            [item] = await huggins.batch(made.id)
            assert (item["row"], item["name"]) == (0, "A")
            assert await huggins.give_labels(made.label_set, {0: "B"}, queue=item["queue"]) == 1
            assert await huggins.current_labels(made.label_set) == {0: "B"}
            assert [one["name"] for one in await huggins.candidates(made.id)] == ["A", "B"]
            forked = await huggins.fork_session(made.id, 1, "other", strategy="random", start=False)
            assert (forked.name, forked.settings["strategy"], forked.rounds) == ("other", "random", [])
            assert (await huggins.change_session(made.id, batch=2)).settings["batch"] == 2
            with pytest.raises(HugginsError, match="has not failed"):
                await huggins.restart_round(made.id, 1)
            assert (await huggins.close_session(made.id)).state == "closed"
            with pytest.raises(HugginsError, match="open it again"):
                await huggins.begin_round(made.id)
            assert (await huggins.reopen_session(made.id)).state == "open"
            assert len(await huggins.sessions()) == 2
        await site.platform.learning.close(made.id, OWNER)


async def test_labels_are_given_and_a_wrong_one_loses_no_other(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        dataset = await add_dataset(site.platform)

        def person() -> None:
            with Huggins(*address(site)) as huggins:
                labels = huggins.new_label_set("stars", dataset, ["A", "B"])
                assert labels.classes == ("A", "B")
                queue = huggins.new_queue(labels.id, kind="dataset")
                assert [one["row"] for one in huggins.take(labels.id, queue)] == [0, 1]
                with pytest.raises(HugginsError, match=r"spectrum 1: .*'wide' is none") as raised:
                    huggins.give_labels(labels.id, {0: "A", 1: "wide"}, queue=queue)
                assert raised.value.problem["stored"] == 1
                assert huggins.current_labels(labels.id) == {0: "A"}
                assert len(huggins.label_version(labels.id, "first")) > 4
                assert [one.id for one in huggins.label_sets("stars")] == [labels.id]

        await asyncio.to_thread(person)


def test_both_clients_have_the_same_methods() -> None:
    def signatures(calls: type) -> dict[str, str]:
        found = inspect.getmembers(calls, inspect.isfunction)
        return {name: str(inspect.signature(one)) for name, one in found if not name.startswith("_")}

    assert signatures(LearningCalls) == signatures(AsyncLearningCalls)
    assert len(signatures(LearningCalls)) > 15
