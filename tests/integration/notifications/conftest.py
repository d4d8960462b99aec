"""A mail server, a receiver of webhooks, and a platform that knows both."""

from __future__ import annotations

import asyncio
import email
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP

from dashboard.settings import NotificationSettings, Settings
from tests.platform.world import World


@dataclass
class Mailbox:
    """What a mail server took; `reject` is its answer where it takes nothing."""

    letters: list[Message] = field(default_factory=list)
    reject: str = ""
    port: int = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 aiosmtpd's name
        if self.reject:
            return self.reject
        self.letters.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 taken"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="localhost", loop=loop), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    yield box
    server.close()
    await server.wait_closed()


@dataclass
class Receiver:
    """What came to a webhook, and what it answers."""

    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        self.calls.append((dict(request.headers), await request.read()))
        status = self.answers.pop(0) if self.answers else 200
        headers = {"Location": f"{self.url}/elsewhere"} if status == 302 else {}
        return web.Response(status=status, headers=headers)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.calls]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    application = web.Application()
    application.router.add_post("/{tail:.*}", made.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


class ToldWorld(World):
    """The unit tests' world, with ways out."""

    told = NotificationSettings()

    def settings(self) -> Settings:
        return replace(super().settings(), notifications=self.told)


@pytest.fixture
async def world(
    tmp_path: Path, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ToldWorld]:
    # The tests send themselves, when they want.
    monkeypatch.setattr("dashboard.notifications.sender.LOOK_SECONDS", 3600)
    made = ToldWorld(tmp_path / "home")
    made.told = NotificationSettings(
        smtp_host="127.0.0.1",
        smtp_port=mailbox.port,
        smtp_security="none",
        sender="huggins@example.org",
        retry_s=0,
        attempts=3,
        webhook_networks=("127.0.0.0/8",),
    )
    yield made
    await made.close()
