"""Metadata of a module: asked anew, kept for a second, and nobody's trouble but its own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from deepaas_plugins.serve.problems import Problem
from deepaas_plugins.serve.worker import metadata as module_metadata
from deepaas_plugins.serve.worker.answer import Answer, failure
from deepaas_plugins.serve.worker.metadata import ModuleMetadata, shown_metadata


class Module:
    """A module that answers, or does not."""

    def __init__(self) -> None:
        self.asked = 0
        self.ready = True
        self.answer: Answer | None = Answer(body=b'{"models": []}')
        self.metadata = ModuleMetadata("small", self.ask)

    def ask(self) -> bool:
        if not self.ready:
            return False
        self.asked += 1
        if self.answer is not None:
            self.metadata.told(self.answer.head(), self.answer.body)
        return True


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module_metadata, "KEPT_S", -1.0)
    for name in ("RENEWED_WITHIN_S", "FIRST_WITHIN_S"):
        monkeypatch.setattr(module_metadata, name, 0.05)


def says(*models: str) -> Answer:
    return Answer(body=json.dumps({"models": models}).encode())


def test_it_is_asked_anew_and_kept_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        module = Module()
        monkeypatch.setattr(module_metadata, "KEPT_S", 1000.0)
        assert await module.metadata.get() == {"models": []}
        module.answer = says("trained-1")
        assert await module.metadata.get() == {"models": []}
        monkeypatch.setattr(module_metadata, "KEPT_S", -1.0)
        assert await module.metadata.get() == {"models": ["trained-1"]}
        assert module.asked == 2

    asyncio.run(ask())


def test_a_module_that_does_not_come_back_keeps_its_last_words() -> None:
    async def ask() -> None:
        module = Module()
        await module.metadata.get()
        module.answer = None
        assert await module.metadata.get() == {"models": []}
        module.ready = False
        module.metadata.lost()
        assert await module.metadata.get() == {"models": []}

    asyncio.run(ask())


def test_a_module_that_never_told_anything_is_503() -> None:
    async def ask() -> int:
        module = Module()
        module.answer = None
        with pytest.raises(Problem) as problem:
            await module.metadata.get()
        return problem.value.status

    assert asyncio.run(ask()) == 503


def test_a_failure_is_told_at_its_own_address_and_the_list_says_what_is_known() -> None:
    async def ask() -> dict[str, Any]:
        good, bad = Module(), Module()
        bad.answer = failure(500, "FileNotFoundError: rclone")
        with pytest.raises(Problem, match="rclone") as problem:
            await bad.metadata.get()
        assert problem.value.status == 500
        return await shown_metadata({"good": good.metadata, "bad": bad.metadata})

    shown = asyncio.run(ask())
    assert shown["good"] == {"models": []}
    assert shown["bad"]["name"] == "bad"
