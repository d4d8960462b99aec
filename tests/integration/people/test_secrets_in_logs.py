"""No secret is written to logs or the audit log, at the level DEBUG, as JSON, in whatever is done with it."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyotp
import pytest
from aiohttp import ClientTimeout
from aiosmtpd.smtp import SMTP, AuthResult
from sqlalchemy import text

from dashboard.auth.identity import OWNER, Role
from dashboard.cli.server import WITH_VALUES, set_up_logging
from dashboard.settings import NotificationSettings, PeopleSettings, Settings
from dashboard.settings.sections import LoggingSettings
from tests.integration.notifications.conftest import Mailbox
from tests.integration.people.providers.conftest import Browser, liar, new_session, settings
from tests.integration.people.providers.liar import SECRET, Liar
from tests.platform.web.conftest import Site, open_site
from tests.platform.web.people import BROWSER, JSON, PHRASE, created, headers_of, quick_passwords
from tests.platform.world import settle, submit
from wire.printable import print_records_safely

__all__ = ["liar"]
LINK = re.compile(r"https?://[^/\s]+(/\S+)\?token=(\S+)")
# The test's own servers: the platform's (`serving`) have no access log of aiohttp.
OF_THE_TEST = ("aiohttp.access", "mail.log")
SMTP_PASSWORD = "the-password-of-the-mail-server"
OTHER_PHRASE = "seven wide slits over ondrejov"


@dataclass
class Acted:
    """A platform that is used in every way that takes a secret, and the secrets that were seen."""

    site: Site
    box: Mailbox
    secrets: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, headers: dict[str, str], status: int, **body: Any) -> Any:
        options = {"json": body} if body or method == "POST" else {}
        answer = await self.site.stranger.request(method, path, headers=headers, **options)
        assert answer.status == status, (path, await answer.text())
        await self.site.platform.letters.idle()
        return await answer.json() if answer.content_type == "application/json" else {}

    def letter(self) -> tuple[str, str]:
        found = LINK.search(self.box.letters[-1].get_content())
        assert found
        return found[1], found[2]


@pytest.fixture
async def mail_server() -> AsyncIterator[Mailbox]:
    """A mail server that wants a password."""
    box, loop = Mailbox(), asyncio.get_running_loop()

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=given.password == SMTP_PASSWORD.encode())

    options = {"auth_require_tls": False, "authenticator": check, "hostname": "localhost", "loop": loop}
    server = await loop.create_server(lambda: SMTP(box, **options), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    yield box
    server.close()
    await server.wait_closed()


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Path]:
    """Write records as `huggins up` does with ``format = "json"`` and ``level = "debug"``, into a file."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    set_up_logging(Settings(home=tmp_path, logging=LoggingSettings("json", "debug")))
    print_records_safely()
    [handler] = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    with (tmp_path / "stderr").open("w", encoding="utf-8") as file:
        handler.setStream(file)
        handler.addFilter(lambda record: record.name not in OF_THE_TEST)
        yield tmp_path / "stderr"
        root.handlers[:] = before
        root.setLevel(level)
        for name in WITH_VALUES:
            logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
async def acted(
    tmp_path: Path, mail_server: Mailbox, liar: Liar, monkeypatch: pytest.MonkeyPatch, logs: Path
) -> AsyncIterator[Acted]:
    monkeypatch.setattr("dashboard.notifications.letters.RETRY_S", (0.05, 0.05))
    password = tmp_path / "smtp.password"
    password.write_text(SMTP_PASSWORD)
    password.chmod(0o600)
    sections = {
        "people": PeopleSettings(registration="open"),
        "oidc": {"sso": settings(liar.issuer)},
        "notifications": NotificationSettings(
            smtp_host="127.0.0.1",
            smtp_port=mail_server.port,
            smtp_security="none",
            smtp_user="huggins",
            smtp_password_file=str(password),
            sender="huggins@example.org",
            webhook_networks=("127.0.0.0/8",),
        ),
    }
    async with open_site(tmp_path, accounts=None, sections=sections) as site:
        site.platform.__dict__["passwords"] = quick_passwords()
        await site.platform.accounts.create("root-admin", OWNER, roles=[Role.ADMIN])
        made = Acted(site, mail_server)
        made.secrets |= {"session of the owner": site.token, "password of the mail server": SMTP_PASSWORD}
        made.secrets["secret of the client"] = SECRET
        yield made


async def _passwords_and_links(acted: Acted) -> dict[str, str]:
    """Sign in by links, passwords, right and wrong ones; return the headers of a session."""
    site, told = acted.site, acted.secrets
    told["one-time link"] = await site.platform.sessions.one_time_link(OWNER)
    page = await site.stranger.get("/enter", params={"token": told["one-time link"]}, headers=BROWSER)
    assert page.status == 200
    told["invitation"] = await created(site, "eva", email="eva@example.org")
    page = await site.stranger.get("/invitation", params={"token": told["invitation"]}, headers=BROWSER)
    assert page.status == 200
    told["password"] = PHRASE
    body = {"token": told["invitation"], "password": PHRASE}
    told["session"] = (await acted.ask("POST", "/invitation", JSON, 200, **body))["token"]
    eva = headers_of(told["session"])
    told["wrong password"] = "not-the-password-of-eva"
    await acted.ask("POST", "/sign-in", JSON, 401, name="eva", password=told["wrong password"])
    form = {"name": "eva", "password": PHRASE}
    answer = await site.stranger.post("/sign-in", data=form, headers=BROWSER, allow_redirects=False)
    told["cookie"] = answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    await acted.ask("POST", "/forgotten-password", JSON, 202, name="eva")
    path, told["reset letter"] = acted.letter()
    await site.stranger.get(path, params={"token": told["reset letter"]}, headers=BROWSER)
    told["new password"] = OTHER_PHRASE
    body = {"token": told["reset letter"], "password": OTHER_PHRASE}
    told["session after it"] = (await acted.ask("POST", "/invitation", JSON, 200, **body))["token"]
    eva = headers_of(told["session after it"])
    await acted.ask("POST", "/register", JSON, 202, email="adam@example.org")
    told["registration letter"] = acted.letter()[1]
    return eva


async def _second_factor(acted: Acted, eva: dict[str, str]) -> None:
    told = acted.secrets
    begun = await acted.ask("POST", "/settings/second-factor", eva, 200, password=OTHER_PHRASE)
    told["second factor"] = begun["secret"]
    now = time.time()
    acted.site.platform.second_factors._now = lambda: now
    app = pyotp.TOTP(begun["secret"])
    told["code"] = app.at(now)
    done = await acted.ask("POST", "/settings/second-factor/confirm", eva, 200, code=told["code"])
    told |= {f"recovery code {number}": code for number, code in enumerate(done["recovery_codes"])}
    asked = await acted.ask("POST", "/sign-in", JSON, 200, name="eva", password=OTHER_PHRASE)
    told["challenge"] = asked["challenge"]
    body = {"challenge": asked["challenge"], "code": done["recovery_codes"][0]}
    told["session by code"] = (await acted.ask("POST", "/second-factor", JSON, 200, **body))["token"]


async def _tokens(acted: Acted, eva: dict[str, str]) -> None:
    """API tokens as Bearer and Basic, tokens of deployments, secrets of webhooks."""
    site, told = acted.site, acted.secrets
    wanted = {"title": "notebook", "scopes": ["read"], "days": 9}
    told["API token"] = (await acted.ask("POST", "/settings/tokens", eva, 201, **wanted))["token"]["secret"]
    basic = base64.b64encode(f"eva:{told['API token']}".encode()).decode()
    told["Basic authentication"] = basic
    for given in (f"Bearer {told['API token']}", f"Basic {basic}"):
        await acted.ask("GET", "/jobs", {**JSON, "Authorization": given}, 200)
    await acted.ask("GET", f"/jobs?token={told['API token']}", JSON, 401)
    job = await settle(site.platform, await submit(site.platform))
    body = {"name": "toy", "job": job.id, "access": "tokens", "scaling": {"minimum": 0}}
    await acted.ask("POST", "/deployments", site.json, 201, **body)
    made = await acted.ask("POST", "/deployments/toy/tokens", site.json, 201, title="caller")
    told["token of a deployment"] = made["token"]["secret"]
    called = {**JSON, "Authorization": f"Bearer {told['token of a deployment']}"}
    with contextlib.suppress(TimeoutError):  # no replica comes
        await site.stranger.post("/predict/toy", json={}, headers=called, timeout=ClientTimeout(total=1))
    hook = {"webhook": "http://127.0.0.1:9/hook", "email": "eva@example.org"}
    changed = await acted.ask("POST", "/settings/notifications", eva, 200, **hook)
    told["secret of a webhook"] = changed["notifications"]["secret"]
    await acted.ask("POST", "/settings/notifications/test", eva, 202)


async def _provider(acted: Acted, liar: Liar) -> None:
    told = acted.secrets
    access = "an-access-token-of-the-provider"
    liar.answer = {"access_token": access}
    async with new_session() as session:
        browser = Browser(acted.site, session)
        back = await browser.callback(await browser.start())
        status, page, _ = await browser.get(back)
        assert status == 200, page
        assert await browser.whoami() is not None
    asked = liar.seen[-1]
    told |= {"access token": access, "nonce": asked["nonce"], "state": asked["state"]}
    told["authorization code"] = back.partition("code=")[2].partition("&")[0]


async def _failing_database(acted: Acted) -> None:
    """A statement that fails is logged with its traceback."""
    async with acted.site.platform.database.write() as connection:
        await connection.execute(text("alter table users rename to people_gone"))
    body = {"name": "eva", "password": OTHER_PHRASE}
    answer = await acted.site.stranger.post("/sign-in", json=body, headers=JSON)
    assert answer.status >= 500
    async with acted.site.platform.database.write() as connection:
        await connection.execute(text("alter table people_gone rename to users"))


def _text(file: Path) -> str:
    return file.read_text("utf-8", errors="replace")


async def test_no_secret_is_in_the_log_or_the_audit_log(
    acted: Acted, liar: Liar, logs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    site, told = acted.site, acted.secrets
    logging.getLogger("dashboard").debug("everything is logged")  # whatever libraries say at this level
    eva = await _passwords_and_links(acted)
    await _tokens(acted, eva)
    await _second_factor(acted, eva)
    await _provider(acted, liar)
    told["password in an address"] = "s3cret-in-an-address"
    address = f"https://eva:{told['password in an address']}@example.org/module.git"
    with contextlib.suppress(AssertionError):
        await acted.ask("POST", "/publications/repository", site.json, 422, url=address)
    await _failing_database(acted)
    told["key of the credentials"] = (site.world.home / "credentials.key").read_text().strip()
    audit = await (await site.stranger.get("/audit.csv", headers=site.json)).text()
    log = _text(logs) + "".join(capfd.readouterr())
    records = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"DEBUG", "ERROR"} <= {record["level"] for record in records}
    assert "people_gone" not in log
    assert "no such table: users" in log
    assert "sign-in" in audit
    assert len(told) > 25
    found = {name for name, secret in told.items() for written in (log, audit) if secret in written}
    assert found == set()
    assert [name for name, secret in told.items() if len(secret) < 6] == []
    files = [path for path in site.world.home.rglob("*.log*") if path.is_file()]
    assert [path for path in files for secret in told.values() if secret in _text(path)] == []
