"""From a source to a dataset, with what goes wrong on the way."""

from __future__ import annotations

import asyncio
import gzip
import json

import pytest
from aiohttp import web
from sqlalchemy import select

from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.base.errors import Conflict, Invalid, NotFound
from dashboard.data.acquisition.acquisition import Acquisition, Choice, RecordFilter, RecordRow
from dashboard.data.acquisition.service import ranges_of
from dashboard.data.dataset import SpectrumFilter
from dashboard.database.tables import sources
from dashboard.platform import Platform
from dashboard.quotas.quota import Quota, Subject
from tests.platform.acquisition.archive import Archive, spectrum
from tests.platform.world import World


async def source_of(platform: Platform, address: str, kind: str = "http-index", **more: object) -> str:
    values = {"address": address, **more.pop("values", {})}  # type: ignore[dict-item]
    given = {"name": "an archive", "kind": kind, "values": values, **more}
    return (await platform.acquisitions.sources.create(given, OWNER)).id


async def fetched(platform: Platform, source: str, **more: object) -> Acquisition:
    """Fetch everything and wait for the end."""
    made = await platform.acquisitions.create(source, OWNER, auto=True, **more)  # type: ignore[arg-type]
    return await platform.acquisitions.runner.ended(made.id)


async def records(platform: Platform, acquisition: Acquisition) -> dict[str, RecordRow]:
    found = await platform.acquisitions.shown(acquisition, RecordFilter(), 1, 200)
    return {one.name: one for one in found.items}


def votable(rows: list[tuple[str, ...]], fields: str) -> bytes:
    lines = "".join("<TR>" + "".join(f"<TD>{cell}</TD>" for cell in row) + "</TR>" for row in rows)
    return (
        '<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">'
        '<RESOURCE type="results"><INFO name="QUERY_STATUS" value="OK"/><TABLE>'
        f"{fields}<DATA><TABLEDATA>{lines}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"
    ).encode()


FIELDS = (
    '<FIELD name="access_url" datatype="char" arraysize="*"/><FIELD name="target_name" datatype="char"/>'
    '<FIELD name="class" datatype="char"/><FIELD name="s_ra" datatype="double"/>'
    '<FIELD name="s_dec" datatype="double"/>'
)


async def test_a_list_is_shown_first_and_what_is_chosen_becomes_a_dataset(
    platform: Platform, archive: Archive
) -> None:
    archive.files |= {f"night {n}/a{n}.csv": spectrum(n) for n in range(1, 5)}
    service = platform.acquisitions
    source = await source_of(platform, archive.address)
    made = await service.create(source, OWNER)
    listed = await service.runner.ended(made.id)
    assert (listed.state, listed.listed, listed.dataset) == ("listed", 4, None)
    assert not [path for path in archive.asked if path.endswith(".csv")]
    await service.begin(source, made.id, OWNER, choice=Choice(ranges_of("1-2,4")), name="three of four")
    done = await service.runner.ended(made.id)
    assert (done.state, done.chosen, done.fetched, done.failed) == ("completed", 3, 3, 0)
    dataset = await platform.data.get(done.dataset or "")
    assert (dataset.name, dataset.state, dataset.count) == ("three of four", "ready", 3)
    found = await records(platform, done)
    assert [one.state for one in found.values()] == ["fetched", "fetched", "left_out", "fetched"]
    with pytest.raises(Conflict):
        await service.begin(source, made.id, OWNER, choice=Choice())


async def test_labels_and_objects_of_a_list_are_those_of_the_spectra(
    platform: Platform, archive: Archive
) -> None:
    archive.files |= {f"s{n}.csv": spectrum(n) for n in range(3)}
    rows = [
        (f"{archive.address}s{n}.csv", f"star {n // 2}", "BA"[n % 2], str(10 * n), "-5") for n in range(3)
    ]
    archive.files["list.vot"] = votable(rows, FIELDS)
    done = await fetched(platform, await source_of(platform, f"{archive.address}list.vot", "votable"))
    assert (done.state, done.fetched) == ("completed", 3), done
    page = await platform.data.rows.search(done.dataset or "", SpectrumFilter(), "number", 1, 10)
    assert [(one.label, one.group) for one in page.items] == [
        ("B", "star 0"),
        ("A", "star 0"),
        ("B", "star 1"),
    ]
    assert [(one.ra, one.dec) for one in page.items] == [(0.0, -5.0), (10.0, -5.0), (20.0, -5.0)]
    assert sum(int(cell["count"]) for cell in await platform.acquisitions.sky(done)) == 3


async def test_each_record_that_fails_says_why_and_the_others_stay(
    platform: Platform, archive: Archive
) -> None:
    archive.files |= {f"good{n}.csv": spectrum(n) for n in range(20)}
    archive.files |= {"packed.csv.gz": gzip.compress(spectrum()), "false.csv.gz": b"this is no gzip at all"}
    archive.files |= {"page.csv": b"<!DOCTYPE html><html><body>Sign in</body></html>", "empty.csv": b""}

    async def busy(_request: web.Request) -> web.Response:
        return web.Response(status=503, headers={"Retry-After": "0"})

    async def gone(_request: web.Request) -> web.Response:
        return web.Response(status=404)

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"1")
            await asyncio.sleep(0.1)

    async def elsewhere(_request: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.2:1/secret")

    archive.special |= {"busy.csv": busy, "gone.csv": gone, "trickle.csv": endless, "moved.csv": elsewhere}
    done = await fetched(platform, await source_of(platform, archive.address))
    found = await records(platform, done)
    assert {name: one.fault for name, one in found.items() if one.fault} == {
        "false.csv.gz": "damaged",
        "page.csv": "html",
        "empty.csv": "damaged",
        "busy.csv": "busy",
        "gone.csv": "not-found",
        "trickle.csv": "slow",
        "moved.csv": "denied",
    }
    assert (done.state, done.fetched, done.failed) == ("incomplete", 21, 7)
    assert (archive.asked["busy.csv"], archive.asked["gone.csv"]) == (3, 1)
    assert (await platform.data.get(done.dataset or "")).count == 21


async def test_what_failed_is_fetched_again_into_the_same_dataset(
    platform: Platform, archive: Archive
) -> None:
    archive.files |= {"a.csv": spectrum(1), "b.csv": spectrum(2)}
    healed = asyncio.Event()

    async def sick(_request: web.Request) -> web.Response:
        return web.Response(body=spectrum(3)) if healed.is_set() else web.Response(status=500)

    archive.special["c.csv"] = sick
    source = await source_of(platform, archive.address)
    first = await fetched(platform, source)
    assert (first.state, first.fetched, first.failed) == ("incomplete", 2, 1)
    healed.set()
    asked = archive.asked["a.csv"]
    await platform.acquisitions.again(source, first.id, OWNER, only_failed=True)
    done = await platform.acquisitions.runner.ended(first.id)
    assert (done.state, done.fetched, done.failed, done.dataset) == ("completed", 3, 0, first.dataset)
    assert archive.asked["a.csv"] == asked
    assert (await platform.data.get(done.dataset or "")).count == 3
    with pytest.raises(Conflict):
        await platform.acquisitions.again(source, first.id, OWNER, only_failed=True)
    other = await platform.acquisitions.again(source, first.id, OWNER, only_failed=False)
    assert (await platform.acquisitions.runner.ended(other.id)).dataset != first.dataset


async def test_records_of_one_name_are_kept_apart(platform: Platform, archive: Archive) -> None:
    names = ["x/a.csv", "y/a.csv", "z/A.csv"]
    archive.files |= {name: spectrum(n) for n, name in enumerate(names)}
    rows = [(archive.address + name, "", "", "", "") for name in names]
    archive.files["list.vot"] = votable(rows, FIELDS)
    done = await fetched(platform, await source_of(platform, f"{archive.address}list.vot", "votable"))
    page = await platform.acquisitions.shown(done, RecordFilter(), 1, 10)
    assert [one.path for one in page.items] == ["a.csv", "a-2.csv", "A-3.csv"]
    assert (await platform.data.get(done.dataset or "")).count == 3


async def test_an_acquisition_goes_on_after_the_platform_ended_in_the_middle(
    world: World, archive: Archive
) -> None:
    archive.files |= {f"s{n:03}.csv": spectrum(n) for n in range(300)}
    archive.delay_s = 0.02
    platform = await world.platform()
    source = await source_of(platform, archive.address)
    made = await platform.acquisitions.create(source, OWNER, auto=True)
    with platform.live.subscribe([f"source:{source}"]) as events:
        while (await platform.acquisitions.acquisitions.get(made.id)).fetched == 0:
            await events.get()
    await platform.acquisitions.runner.stop()  # as a kill: no state is changed
    before = await platform.acquisitions.acquisitions.get(made.id)
    assert before.state == "fetching"
    assert 0 < before.fetched < 300
    await world.close()
    archive.delay_s, asked = 0.0, sum(archive.asked.values())
    after = await world.platform()
    done = await after.acquisitions.runner.ended(made.id)
    assert (done.state, done.fetched) == ("completed", 300)
    assert sum(archive.asked.values()) - asked <= 300 - before.fetched
    assert (await after.data.get(done.dataset or "")).count == 300


async def test_what_was_fetched_stays_when_an_acquisition_is_stopped(
    platform: Platform, archive: Archive
) -> None:
    archive.files |= {f"s{n:03}.csv": spectrum(n) for n in range(200)}
    archive.delay_s = 0.2  # all of them take far longer than the first batch
    source = await source_of(platform, archive.address)
    made = await platform.acquisitions.create(source, OWNER, auto=True)
    with platform.live.subscribe([f"source:{source}"]) as events:
        while (await platform.acquisitions.acquisitions.get(made.id)).fetched == 0:
            await events.get()
    await platform.acquisitions.halt(source, made.id, OWNER)
    stopped = await platform.acquisitions.runner.ended(made.id)
    assert stopped.state == "stopped"
    assert (await platform.data.get(stopped.dataset or "")).count == stopped.fetched > 0
    archive.delay_s = 0.0
    await platform.acquisitions.again(source, made.id, OWNER, only_failed=True)
    assert (await platform.acquisitions.runner.ended(made.id)).fetched == 200


async def test_only_what_is_new_comes_the_next_night(platform: Platform, archive: Archive) -> None:
    archive.files |= {"a.csv": spectrum(1)}
    source = await source_of(platform, archive.address, schedule="nightly")
    await fetched(platform, source)
    again = await fetched(platform, source, only_new=True)
    assert (again.state, again.listed, again.dataset) == ("completed", 1, None)
    archive.files["b.csv"] = spectrum(2)
    store = platform.acquisitions.sources.store
    assert (await store.get(source)).next_run
    await store.change(source, next_run="2000-01-01T00:00:00.000Z")
    [begun] = await platform.acquisition_schedule.begin_due()
    done = await platform.acquisitions.runner.ended(begun)
    assert (done.fetched, done.chosen) == (1, 1)
    assert {name: one.state for name, one in (await records(platform, done)).items()} == {
        "a.csv": "known",
        "b.csv": "fetched",
    }
    assert await platform.acquisition_schedule.begin_due() == []


async def test_no_more_requests_are_made_at_once_than_a_host_is_to_get(
    platform: Platform, archive: Archive
) -> None:
    archive.files |= {f"s{n:03}.csv": spectrum(n) for n in range(60)}
    archive.delay_s = 0.02
    await fetched(platform, await source_of(platform, archive.address))
    assert 1 < archive.most_at_once <= platform.settings.sources.per_host


async def test_credentials_are_stored_encrypted_and_told_to_nobody(
    platform: Platform, archive: Archive
) -> None:
    archive.files["a.csv"] = spectrum()
    heard: list[str] = []

    async def closed(request: web.Request) -> web.Response:
        heard.append(request.headers.get("Authorization", ""))
        return web.Response(body=spectrum()) if heard[-1] else web.Response(status=401)

    archive.special["a.csv"] = closed
    source = await source_of(platform, archive.address, user="anna", password="zirconium")
    done = await fetched(platform, source)
    assert done.state == "completed"
    assert heard == ["Basic YW5uYTp6aXJjb25pdW0="]
    async with platform.database.read() as connection:
        stored = (await connection.execute(select(sources))).mappings().one()
    assert stored["credentials"].startswith("enc1:")
    row = await platform.acquisitions.sources.get(source, OWNER)
    assert row.has_credentials
    assert "zirconium" not in json.dumps([row.to_json(), done.to_json(), str(dict(stored))])
    # Another address is another server: it is not trusted with what this one was.
    values = {"values": {"address": archive.address.replace("127.0.0.1", "127.0.0.3")}}
    changed = await platform.acquisitions.sources.change(source, values, OWNER)
    assert not changed.has_credentials


async def test_a_password_in_an_address_is_invalid(platform: Platform) -> None:
    with pytest.raises(Invalid) as told:
        await source_of(platform, "http://anna:zirconium@example.org/")
    assert told.value.errors[0].field == "values.address"
    assert "zirconium" not in str(told.value.errors)


async def test_what_a_service_says_is_shown(platform: Platform, archive: Archive) -> None:
    def said(status: str, words: str) -> bytes:
        text = votable([(f"{archive.address}a.csv", "", "", "", "")], FIELDS).decode()
        return text.replace('value="OK"/>', f'value="{status}">{words}</INFO>').encode()

    archive.files |= {"a.csv": spectrum(), "error.vot": said("ERROR", "No such band, sorry")}
    archive.files |= {"more.vot": said("OVERFLOW", "Only the first row")}
    failed = await fetched(platform, await source_of(platform, f"{archive.address}error.vot", "votable"))
    assert (failed.state, failed.fault, failed.detail) == ("error", "service", "No such band, sorry")
    done = await fetched(platform, await source_of(platform, f"{archive.address}more.vot", "votable"))
    assert done.notices == [{"kind": "overflow", "detail": "Only the first row"}]
    assert done.state == "completed"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"<html><body>Please sign in</body></html>", "html"),
        (b"<?xml version='1.0'?><!DOCTYPE b [<!ENTITY a 'aaaa'>]><VOTABLE>&a;</VOTABLE>", "table"),
        (b"\x1f\x8b this is no gzip", "table"),
        (votable([("1",)], '<FIELD name="flux" datatype="double"/>'), "no-link"),
        (b"<VOTABLE><RESOURCE/></VOTABLE>", "no-link"),
        (b"", "table"),
    ],
)
async def test_a_list_that_is_none_ends_with_its_reason(
    platform: Platform, archive: Archive, body: bytes, fault: str
) -> None:
    archive.files["list.vot"] = body
    done = await fetched(platform, await source_of(platform, f"{archive.address}list.vot", "votable"))
    assert (done.state, done.fault, done.dataset) == ("error", fault, None), done.detail
    assert done.detail


async def test_a_list_can_be_uploaded(platform: Platform, archive: Archive) -> None:
    archive.files["a.csv"] = spectrum()
    source = await source_of(platform, "", "votable")

    async def chunks():
        yield votable([(f"{archive.address}a.csv", "", "", "", ""), ("", "no link", "", "", "")], FIELDS)

    await platform.acquisitions.sources.upload(source, chunks(), OWNER)
    done = await fetched(platform, source)
    assert (done.state, done.fetched, done.failed) == ("incomplete", 1, 1)
    page = await platform.acquisitions.shown(done, RecordFilter(state="failed"), 1, 10)
    assert [one.fault for one in page.items] == ["no-link"]


async def test_sources_are_private_until_they_are_shared(platform: Platform, archive: Archive) -> None:
    source = await source_of(platform, archive.address)
    other = Identity("other", frozenset({Role.USER}))
    with pytest.raises(NotFound):
        await platform.acquisitions.create(source, other)
    found = await platform.acquisitions.sources.store.search("", 1, 10, other)
    assert found.total == 0


@pytest.mark.parametrize("text", ["a", "1-", "-1", "1,,x", ",".join(["1"] * 300)])
def test_a_choice_that_is_none_is_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        ranges_of(text)


async def test_a_quota_that_is_reached_midway_keeps_what_was_fetched_and_the_rest_is_fetched_later(
    platform: Platform, archive: Archive
) -> None:
    archive.files |= {f"s{n:02}.csv": spectrum(n, 400) for n in range(30)}
    size = len(archive.files["s00.csv"])
    limit = {Quota.DISK: 10.5 * size / 1e6}
    await platform.quotas.store.put(Subject.PERSON, OWNER.user, limit, OWNER.user)
    done = await fetched(platform, await source_of(platform, archive.address))
    assert (done.state, done.fault) == ("incomplete", "quota"), done
    assert 1 <= done.fetched <= 10
    assert (await platform.data.get(done.dataset or "")).count == done.fetched
    failed = [one for one in (await records(platform, done)).values() if one.state == "failed"]
    assert failed
    assert all(one.fault == "quota" and "disk" in one.detail for one in failed)
    await platform.quotas.store.put(Subject.PERSON, OWNER.user, {Quota.DISK: 100.0}, OWNER.user)
    await platform.acquisitions.again(done.source, done.id, OWNER, only_failed=True)
    again = await platform.acquisitions.runner.ended(done.id)
    assert (again.state, again.fetched, again.dataset) == ("completed", 30, done.dataset)
    assert (await platform.data.get(again.dataset or "")).count == 30
    assert sum(count for path, count in archive.asked.items() if path.endswith(".csv")) < 60
