"""Publishing: what is offered, who may, and what is left as it was when something is wrong."""

from __future__ import annotations

import asyncio
import io
import re
import tarfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from dashboard.auth.identity import Identity, Role
from dashboard.base.errors import Denied, Invalid
from dashboard.cli import main
from dashboard.modules.signing import SigningKey, statement
from dashboard.modules.versions import VersionState
from dashboard.publishing.images.existing import require_public
from launchers import ImageMissing
from tests.platform.publishing.publishing_site import FAULT, FakeBuilder, packed, published, settled
from tests.platform.web.conftest import Site, open_site
from tests.platform.web.people import joined

NAME = "owner/wiggles"
ADDRESS = "/modules/owner%2Fwiggles"


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "site") as site:
        site.platform.publisher._builder = FakeBuilder()
        yield site


def at_version(folder: Path, version: str) -> Path:
    """Raise the version of a module; return its folder."""
    text = (folder / "module.yaml").read_text("utf-8")
    text = re.sub(r"version: 0\.\d\.0", f"version: {version}", text)
    (folder / "module.yaml").write_text(text, "utf-8")
    (folder / "CHANGELOG.md").write_text(f"# Changes\n\n## {version}\n- Better.\n\n## 0.1.0\n- First.\n")
    return folder


async def offered(site: Site) -> dict[str, str]:
    """Return the modules of the market with their versions."""
    answer = await site.stranger.get("/", headers=site.json)
    return {one["name"]: one["version"] for one in (await answer.json())["modules"]}


async def changed(site: Site, version: str, state: str, headers: dict[str, str] | None = None) -> int:
    body = {"state": state, "reason": "for a test"}
    address = f"{ADDRESS}/versions/{version}"
    return (await site.stranger.post(address, json=body, headers=headers or site.json)).status


async def test_a_module_is_offered_with_all_that_is_known_of_it(shop: Site, written: Path) -> None:
    found = await published(shop, packed(written))
    assert (found["state"], found["module"], found["version"]) == ("published", NAME, "0.1.0")
    assert (await offered(shop))[NAME] == "0.1.0"
    version = await (await shop.stranger.get(f"{ADDRESS}/versions/0.1.0", headers=shop.json)).json()
    assert version["version"]["image"].startswith(f"registry.org/{NAME}@sha256:")
    assert version["version"]["sbom"]["bomFormat"] == "CycloneDX"
    assert version["version"]["report"]["passed"]
    assert version["version"]["changelog"] == "- First version."
    assert version["version"]["log"] == "built"
    assert version["version"]["signed"]


@pytest.mark.parametrize(
    "path",
    ["/", ADDRESS, f"/modules/{NAME}", f"{ADDRESS}/versions", f"{ADDRESS}/versions/0.1.0", "/publications"],
)
async def test_every_page_of_a_published_module_is_shown(shop: Site, written: Path, path: str) -> None:
    await published(shop, packed(written))
    answer = await shop.stranger.get(path, headers=shop.browser)
    assert answer.status == 200
    assert "wiggles" in (await answer.text()).lower()


async def test_the_readme_and_the_examples_of_a_published_module_are_shown(shop: Site, written: Path) -> None:
    await published(shop, packed(written))
    found = await (await shop.stranger.get(ADDRESS, headers=shop.json)).json()
    assert "## What lies where" in found["module"]["readme"]
    answer = await shop.stranger.get(f"{ADDRESS}/files/examples/job.json", headers=shop.json)
    assert answer.status == 200


async def test_a_publication_that_was_rejected_shows_its_report(shop: Site, written: Path) -> None:
    shop.platform.publisher._builder.faults = [FAULT]
    found = await published(shop, packed(written))
    assert (found["state"], found["step"]) == ("rejected", "check")
    assert FAULT.what in found["reason"]
    assert FAULT.mend in found["reason"]
    page = await shop.stranger.get(f"/publications/{found['id']}", headers=shop.browser)
    assert FAULT.mend in await page.text()
    assert NAME not in await offered(shop)


async def test_a_module_that_was_not_run_is_not_published(shop: Site, written: Path) -> None:
    builder = shop.platform.publisher._builder
    builder.runs = False
    found = await published(shop, packed(written))
    assert "was not run in a container" in found["reason"]
    assert len(builder.discarded) == 1


async def test_a_version_that_exists_is_rejected_before_it_is_built(shop: Site, written: Path) -> None:
    await published(shop, packed(written))
    before = shop.platform.modules.images.name(NAME, "0.1.0")
    (written / "README.md").write_text("# Changed\n")
    found = await published(shop, packed(written))
    assert (found["state"], found["step"]) == ("rejected", "check")
    assert "0.1.0 is published already" in found["reason"]
    assert "raise huggins.version" in found["reason"]
    assert shop.platform.modules.images.name(NAME, "0.1.0") == before


async def test_a_new_version_breaks_nothing_that_names_the_old_one(shop: Site, written: Path) -> None:
    await published(shop, packed(written))
    first = shop.platform.modules.images.name(NAME, "0.1.0")
    await published(shop, packed(at_version(written, "0.10.0")))
    assert (await offered(shop))[NAME] == "0.10.0"
    assert shop.platform.modules.images.name(NAME, "0.1.0") == first
    assert shop.platform.modules.images.name(NAME, "0.10.0") != first
    listed = await (await shop.stranger.get(f"{ADDRESS}/versions", headers=shop.json)).json()
    assert [one["version"] for one in listed["versions"]] == ["0.10.0", "0.1.0"]
    assert listed["versions"][0]["changelog"] == "- Better."


async def test_a_yanked_version_is_not_offered_and_runs_on(shop: Site, written: Path) -> None:
    await published(shop, packed(written))
    await published(shop, packed(at_version(written, "0.2.0")))
    image = shop.platform.modules.images.name(NAME, "0.2.0")
    assert await changed(shop, "0.2.0", "yanked") == 200
    assert (await offered(shop))[NAME] == "0.1.0"
    assert shop.platform.modules.images.name(NAME, "0.2.0") == image
    assert await changed(shop, "0.1.0", "yanked") == 200
    assert NAME not in await offered(shop)
    assert await changed(shop, "0.1.0", "published") == 200
    assert (await offered(shop))[NAME] == "0.1.0"


async def test_a_deprecated_version_gives_way_to_one_that_is_not(shop: Site, written: Path) -> None:
    await published(shop, packed(written))
    await published(shop, packed(at_version(written, "0.2.0")))
    assert await changed(shop, "0.2.0", "deprecated") == 200
    assert (await offered(shop))[NAME] == "0.1.0"
    assert await changed(shop, "0.1.0", "yanked") == 200
    assert (await offered(shop))[NAME] == "0.2.0"


@pytest.mark.parametrize("state", ["review", "gone", ""])
async def test_a_state_that_cannot_be_is_invalid(shop: Site, written: Path, state: str) -> None:
    await published(shop, packed(written))
    assert await changed(shop, "0.1.0", state) == 422


def hostile(*members: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return stream.getvalue()


def member(name: str, size: int = 1, **more: Any) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size = size
    for key, value in more.items():
        setattr(made, key, value)
    return made


@pytest.mark.parametrize(
    "content",
    [
        b"no archive",
        b"",
        hostile(member("../out")),
        hostile(member("/etc/x")),
        hostile(member("a/" * 30 + "x")),
        hostile(member("a"), member("a")),
        hostile(member("a"), member("a/b")),
        packed(Path(__file__).parent)[:500],
    ],
    ids=["text", "empty", "parent", "root", "deep", "twice", "file-as-folder", "cut"],
)
async def test_what_is_no_archive_of_a_folder_is_invalid(shop: Site, content: bytes, tmp_path: Path) -> None:
    headers = {**shop.json, "Content-Type": "application/gzip"}
    answer = await shop.stranger.post("/publications", data=content, headers=headers)
    assert answer.status in {201, 422}
    if answer.status == 201:  # an empty one is an archive: without a description
        assert content == b""
    assert not (tmp_path / "out").exists()


async def test_links_in_an_archive_are_left_out(shop: Site, written: Path) -> None:
    (written / "secrets.md").symlink_to("/etc/passwd")
    await published(shop, packed(written))
    assert (await shop.stranger.get(f"{ADDRESS}/files/secrets.md", headers=shop.json)).status == 404


@pytest.mark.parametrize(
    "url", ["file:///etc", "ssh://x/y", "ext::sh -c id", "http://a:b@x.org/y", "x.git", "http://"]
)
async def test_an_address_that_is_not_fetched_is_invalid(shop: Site, url: str) -> None:
    answer = await shop.stranger.post("/publications/repository", json={"url": url}, headers=shop.json)
    assert answer.status == 422


async def test_another_signature_or_image_is_not_started(shop: Site, written: Path) -> None:
    await published(shop, packed(written))
    modules = shop.platform.modules
    modules.images._settings = replace(modules.images._settings, require_signed=True)
    launcher = shop.platform.nodes.launcher("local")
    assert await modules.images.fetch(NAME, "0.1.0", launcher)
    found = modules.published.get(NAME)
    [version] = found.versions
    for tampered in (
        replace(version, image=f"registry.org/{NAME}@sha256:{'0' * 64}"),
        replace(version, document={**version.document, "title": "Other"}),
        replace(version, signature="ed25519:AAAA:AAAA"),
        replace(version, signature=""),
    ):
        modules.published._modules = {NAME: replace(found, versions=(tampered,))}
        with pytest.raises(ImageMissing, match="no valid signature"):
            await modules.images.fetch(NAME, "0.1.0", launcher)


def test_a_key_signs_for_itself_alone(tmp_path: Path) -> None:
    own, other = SigningKey(tmp_path / "own"), SigningKey(tmp_path / "other")
    said = statement("a/b", "1.0.0", "x@sha256:1", {"title": "T"})
    assert own.verifies(own.sign(said), said)
    assert not own.verifies(other.sign(said), said)
    assert not own.verifies(own.sign(said), said + b" ")
    assert (tmp_path / "own").stat().st_mode & 0o077 == 0


async def test_the_names_of_own_modules_go_with_and_without_their_namespace(shop: Site) -> None:
    assert shop.platform.modules.get("huggins/toy").name == "toy"
    answer = await shop.stranger.get("/modules/huggins/toy", headers=shop.json)
    assert (await answer.json())["module"]["name"] == "toy"


async def test_a_description_that_breaks_leaves_the_last_good_one(shop: Site) -> None:
    modules = shop.platform.modules
    file = modules._folder / "toy" / "module.yaml"
    good = file.read_text("utf-8")
    file.write_text(good.replace("title: Toy", "title: ["), "utf-8")
    await modules.refresh()
    assert modules.get("toy").title == "Toy"
    market = await (await shop.stranger.get("/", headers=shop.json)).json()
    assert [one["path"] for one in market["broken"]] == ["toy"]
    file.write_text(good.replace("title: Toy", "title: Mended"), "utf-8")
    await modules.refresh()
    assert modules.get("toy").title == "Mended"
    assert modules.catalog.broken == []


async def test_roles_decide_who_publishes_where(tmp_path: Path, written: Path) -> None:
    async with open_site(tmp_path / "site", accounts=None) as site:
        site.platform.publisher._builder = FakeBuilder()
        user = await joined(site, "uma", roles=["user"])
        eva = await joined(site, "eva", roles=["publisher"])
        ida = await joined(site, "ida", roles=["publisher"])
        mia = await joined(site, "mia", roles=["manager"])
        sent = {**user, "Content-Type": "application/gzip"}
        assert (await site.stranger.post("/publications", data=packed(written), headers=sent)).status == 403
        found = await published(site, packed(written), eva)
        assert found["module"] == "eva/wiggles"
        assert (await published(site, packed(written), ida))["module"] == "ida/wiggles"
        assert (await site.stranger.get(f"/publications/{found['id']}", headers=ida)).status == 404
        address = "/modules/eva%2Fwiggles"
        body = {"state": "yanked", "reason": "mine"}
        one = f"{address}/versions/0.1.0"
        assert (await site.stranger.post(one, json=body, headers=ida)).status == 403
        assert (await site.stranger.post(address, json={"featured": True}, headers=eva)).status == 403
        answer = await site.stranger.post(address, json={"featured": True}, headers=mia)
        assert (answer.status, (await answer.json())["featured"]) == (200, True)
        answer = await site.stranger.post(address, json={"maintainers": ["ida"]}, headers=eva)
        assert (await answer.json())["maintainers"] == ["ida"]
        content = packed(at_version(written, "0.2.0"))
        found = await published(site, content, ida, namespace="eva")
        assert (found["state"], found["module"], found["version"]) == ("published", "eva/wiggles", "0.2.0")
        found = await published(site, packed(at_version(written, "0.3.0")), eva, namespace="ida")
        assert found["state"] == "rejected"
        assert "You do not maintain ida/wiggles" in found["reason"]
        assert (await site.stranger.post(one, json=body, headers=ida)).status == 200


async def test_a_version_waits_for_a_review_where_one_is_required(shop: Site, written: Path) -> None:
    shop.platform.publisher._review = True
    found = await published(shop, packed(written))
    assert found["state"] == "review"
    assert NAME not in await offered(shop)
    somebody = Identity("owner", frozenset({Role.PUBLISHER}))
    with pytest.raises(Denied, match="waits for a review"):
        await shop.platform.offers.set_state(NAME, "0.1.0", VersionState.PUBLISHED, "", somebody)
    assert await changed(shop, "0.1.0", "published") == 200
    assert (await offered(shop))[NAME] == "0.1.0"


async def test_what_was_cut_off_is_said_at_the_next_start(shop: Site, written: Path) -> None:
    store = shop.platform.publisher.store
    left = await store.create("owner", "a folder")
    await store.end_interrupted()
    answer = await shop.stranger.get(f"/publications/{left.id}", headers=shop.json)
    assert "publish again" in (await answer.json())["publication"]["reason"]


async def test_a_registry_that_is_away_is_waited_for(shop: Site, written: Path) -> None:
    publisher = shop.platform.publisher
    publisher.retry_s, publisher._builder.away = 0.01, 3
    states = []

    async def told(**values: Any) -> None:
        states.append((values.get("state"), values.get("reason")))

    change = publisher.store.change

    async def changing(identifier: str, **values: Any) -> None:
        await told(**values)
        await change(identifier, **values)

    publisher.store.change = changing  # type: ignore[method-assign]  # to see what a person sees meanwhile
    found = await published(shop, packed(written))
    assert found["state"] == "published"
    waiting = [reason for state, reason in states if state == "waiting"]
    assert len(waiting) == 3
    assert "does not answer" in waiting[0]
    assert publisher._builder.away == 0


async def test_an_image_is_published_as_it_is(shop: Site, written: Path) -> None:
    name = f"registry.org/somebody/wiggles@sha256:{'a' * 64}"
    shop.platform.publisher._builder.images[name] = written
    answer = await shop.stranger.post("/publications/image", json={"image": name}, headers=shop.json)
    assert answer.status == 201, await answer.text()
    found = await settled(shop, (await answer.json())["publication"]["id"], shop.json)
    assert (found["state"], found["source"]) == ("published", name)
    assert (await offered(shop))[NAME] == "0.1.0"


@pytest.mark.parametrize("name", ["a b", "-x", "http://x/y", "UPPER/case"])
async def test_a_name_of_no_image_is_invalid(shop: Site, name: str) -> None:
    answer = await shop.stranger.post("/publications/image", json={"image": name}, headers=shop.json)
    assert answer.status == 422


@pytest.mark.parametrize("name", ["127.0.0.1:5001/a/b:1", "169.254.169.254:80/a/b", "localhost:5000/a/b"])
async def test_an_image_of_a_private_registry_is_not_fetched(name: str) -> None:
    with pytest.raises(Invalid, match="not public"):
        await require_public(name, "", ())
    await require_public(name, name.split("/", maxsplit=1)[0], ())


async def test_the_commands_publish_and_yank(shop: Site, written: Path) -> None:
    def run(*words: str) -> tuple[int, str]:
        options = ("--server", str(shop.stranger.make_url("/")), "--token", shop.token)
        answer = CliRunner().invoke(main, ["modules", *words, *options])
        return answer.exit_code, answer.output

    status, said = await asyncio.to_thread(run, "publish", str(written))
    assert (status, f"{NAME} 0.1.0 is published." in said) == (0, True), said
    status, said = await asyncio.to_thread(run, "publish", str(written))
    assert (status, "is published already" in said) == (1, True), said
    status, said = await asyncio.to_thread(run, "versions", NAME)
    assert (status, "registry.org" in said) == (0, True), said
    status, said = await asyncio.to_thread(run, "yank", NAME, "0.1.0", "--reason", "a test")
    assert (status, f"{NAME} 0.1.0 is yanked." in said) == (0, True), said
    assert NAME not in await offered(shop)
    status, said = await asyncio.to_thread(run, "publish", "ssh://git@example.org/x.git")
    assert (status, "http or https" in said) == (1, True), said
