"""What people are told, that it arrives, and that it arrives again rather than not at all."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace

import pytest
from sqlalchemy import update

from dashboard.auth.identity import OWNER
from dashboard.base import clock
from dashboard.base.errors import Invalid
from dashboard.database.tables import jobs, outbox
from dashboard.jobs.job import Phase
from dashboard.platform import Platform
from dashboard.web.schemas.schema import load
from dashboard.web.schemas.settings import NotificationChangeSchema
from launchers import LaunchSpec
from launchers.fake import Script
from tests.integration.notifications.conftest import Mailbox, Receiver, ToldWorld
from tests.platform.world import Container, run_on, settle, submit, succeed

ME = "eva@example.org"


async def told(platform: Platform) -> list[tuple[str, str]]:
    return [(message.event, message.state) for message in await platform.outbox.of(OWNER.user)]


async def make_due(platform: Platform) -> None:
    """Let the time pass until what was claimed is due again."""
    async with platform.database.write() as connection:
        await connection.execute(update(outbox).values(due=clock.now()))


async def test_an_end_comes_by_mail_with_its_small_results_and_a_link(
    world: ToldWorld, mailbox: Mailbox
) -> None:
    platform = await world.platform()
    await platform.preferences.put(OWNER.user, {"email": ME, "about": "all"})
    job = await settle(platform, await submit(platform, label="Be stars"))
    await platform.sender.deliver()
    [letter] = mailbox.letters
    assert letter["To"] == ME
    assert letter["Subject"] == "Huggins: toy “Be stars” is completed"
    assert letter["Message-ID"].startswith(f"<{(await platform.outbox.of(OWNER.user))[0].id}@")
    text, *attached = letter.iter_parts()  # type: ignore[attr-defined]  # an EmailMessage, by its policy
    assert f"/jobs/{job.id}" in text.get_content()
    assert [part.get_filename() for part in attached] == ["summary.json"]
    assert "accuracy" in attached[0].get_content().decode()


async def test_results_that_are_not_small_are_linked(world: ToldWorld, mailbox: Mailbox) -> None:
    def much(spec: LaunchSpec) -> Script:
        Container.of(spec).write("report/report.json", "x" * 3000)
        return succeed(spec)

    world.behave, world.told = much, replace(world.told, attach_kb=1)
    platform = await world.platform()
    await platform.preferences.put(OWNER.user, {"email": ME, "about": "all"})
    await settle(platform, await submit(platform))
    await platform.sender.deliver()
    [letter] = mailbox.letters
    assert not letter.is_multipart()
    assert "The results are at http" in letter.get_content()  # type: ignore[attr-defined]


async def test_a_webhook_is_signed_over_time_and_body(world: ToldWorld, receiver: Receiver) -> None:
    platform = await world.platform()
    preferences = await platform.preferences.put(OWNER.user, {"webhook": receiver.url, "about": "all"})
    job = await settle(platform, await submit(platform, label="first"))
    await platform.sender.deliver()
    [(headers, body)] = receiver.calls
    moment, digest = (part.partition("=")[2] for part in headers["X-Huggins-Signature"].split(","))
    signed = hmac.new(preferences.secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    assert hmac.compare_digest(signed.hexdigest(), digest)
    [told_] = receiver.bodies
    assert (told_["event"], told_["id"]) == ("job.ended", headers["X-Huggins-Delivery"])
    assert (told_["job"]["id"], told_["job"]["phase"], told_["job"]["label"]) == (
        job.id,
        "COMPLETED",
        "first",
    )


@pytest.mark.parametrize(
    ("about", "notify", "fails", "comes"),
    [
        ("asked", "", False, False),
        ("asked", "yes", False, True),
        ("failed", "", True, True),
        ("failed", "", False, False),
        ("all", "", False, True),
        ("all", "no", False, False),
    ],
)
async def test_what_is_told_follows_the_persons_settings_and_the_jobs(
    world: ToldWorld, about: str, notify: str, fails: bool, comes: bool
) -> None:
    if fails:
        world.behave = lambda _: Script(exit_code=3)
    platform = await world.platform()
    await platform.preferences.put(OWNER.user, {"email": ME, "about": about})
    await settle(platform, await submit(platform, notify=notify))
    assert await told(platform) == ([("ended", "waiting")] if comes else [])


async def test_a_rejection_is_tried_again_with_the_same_id_and_given_up_in_the_end(
    world: ToldWorld, receiver: Receiver, mailbox: Mailbox
) -> None:
    platform = await world.platform()
    await platform.preferences.put(OWNER.user, {"webhook": receiver.url, "email": ME, "about": "all"})
    receiver.answers, mailbox.reject = [503, 302, 200], "451 come back"
    await settle(platform, await submit(platform))
    await platform.sender.deliver()
    assert len({headers["X-Huggins-Delivery"] for headers, _ in receiver.calls}) == 1
    assert len(receiver.calls) == 3  # a redirect is a rejection: nobody is sent elsewhere
    found = {message.channel: message for message in await platform.outbox.of(OWNER.user)}
    assert (found["webhook"].state, found["email"].state) == ("sent", "failed")
    assert (found["email"].attempts, "come back" in found["email"].error) == (3, True)


async def test_what_was_not_sent_before_a_crash_is_sent_by_the_next_platform(
    world: ToldWorld, receiver: Receiver
) -> None:
    first = await world.platform()
    await first.preferences.put(OWNER.user, {"webhook": receiver.url, "about": "all"})
    await settle(first, await submit(first))
    [message] = await first.outbox.due()
    assert await first.outbox.claim(message, 60)  # and here it was killed
    assert not await first.outbox.claim(message, 60)  # nobody else sends it meanwhile
    await world.close()
    second = await world.platform()
    assert await second.sender.deliver() == 0
    await make_due(second)
    assert await second.sender.deliver() == 1
    assert [body["id"] for body in receiver.bodies] == [message.id]


async def test_an_end_and_its_message_are_one_transaction(
    world: ToldWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = await world.platform()
    await platform.preferences.put(OWNER.user, {"email": ME, "about": "all"})

    async def broken(*_: object) -> None:
        raise RuntimeError("the outbox cannot be written")

    with monkeypatch.context() as patched:
        patched.setattr(platform.supervisor._context.store, "_on_end", broken)
        job = await settle(platform, await submit(platform))
    assert job.phase is not Phase.COMPLETED
    assert (await settle(platform, job)).phase is Phase.COMPLETED
    assert await told(platform) == [("ended", "waiting")]


async def test_who_waits_too_long_is_told_once(world: ToldWorld, receiver: Receiver) -> None:
    world.behave = run_on
    platform = await world.platform()
    await platform.administration.drain("local", OWNER, drained=True)
    preferences = {"webhook": receiver.url, "about": "failed", "waits_minutes": 30}
    await platform.preferences.put(OWNER.user, preferences)
    job = await submit(platform)
    await platform.sender.deliver()
    assert receiver.calls == []
    async with platform.database.write() as connection:
        await connection.execute(update(jobs).values(created=clock.after(-31 * 60)))
    await platform.supervisor.reconcile()
    for _ in range(2):
        await platform.sender.deliver()
    [body] = receiver.bodies
    assert (body["event"], body["job"]["id"]) == ("job.waits", job.id)
    assert "drained" in body["job"]["reason"]


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:7f00:1]"]
)
async def test_a_name_or_number_for_this_machine_reaches_nothing(
    world: ToldWorld, receiver: Receiver, host: str
) -> None:
    port = receiver.url.partition("127.0.0.1:")[2]
    platform = await world.platform()
    # Typed while it was allowed, or a name that meant something else then: only the socket's address counts.
    await platform.preferences.put(OWNER.user, {"webhook": receiver.url, "about": "all"})
    await settle(platform, await submit(platform))
    async with platform.database.write() as connection:
        await connection.execute(update(outbox).values(target=f"http://{host}:{port}"))
    platform.sender._settings = replace(world.told, webhook_networks=(), attempts=1)
    assert await platform.sender.deliver() == 0
    assert receiver.calls == []
    assert await told(platform) == [("ended", "failed")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "eva"}, "email"),
        ({"email": "eva@example.org\nBcc: all@example.org"}, "email"),
        ({"webhook": "file:///etc/passwd"}, "webhook"),
        ({"webhook": "http://169.254.169.254/latest"}, "webhook"),
        ({"webhook": "https://me:secret@example.org"}, "webhook"),
        ({"about": "everything"}, "about"),
        ({"waits_minutes": -1}, "waits_minutes"),
        ({"sms": "1"}, "sms"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_rejected_at_its_field(
    world: ToldWorld, body: dict[str, object], field: str
) -> None:
    platform = await world.platform()
    with pytest.raises(Invalid) as rejected:
        await platform.preferences.put(OWNER.user, load(NotificationChangeSchema(), body))
    assert [error.field for error in rejected.value.errors] == [field]
