"""GAVO DaCHS as a source: SSA, TAP with ObsCore, DataLink and SODA, and its messages of errors."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from dashboard.auth.identity import OWNER
from dashboard.data.acquisition.acquisition import Acquisition, Choice
from dashboard.data.acquisition.service import ranges_of
from dashboard.platform import Platform
from tests.conftest import unavailable
from tests.integration.sources.acquired import fetched, listed, names_of, records_of, spectra_of

DACHS = os.environ.get("HUGGINS_DACHS", "http://127.0.0.1:8090")
SSA, TAP = f"{DACHS}/specs/q/ssa/ssap.xml", f"{DACHS}/tap"
QUERY = (
    "SELECT * FROM ivoa.obscore WHERE dataproduct_type = 'spectrum' AND target_name {} ORDER BY target_name"
)


@pytest.fixture(autouse=True, scope="module")
def archive() -> None:
    """Require DaCHS, which ci/machine.sh starts."""
    try:
        urllib.request.urlopen(f"{SSA}?REQUEST=queryData&MAXREC=0", timeout=20).close()
    except (OSError, urllib.error.URLError):
        unavailable(f"DaCHS at {DACHS}")


@pytest.fixture
async def forgetful() -> AsyncIterator[str]:
    """Serve a table whose rows have identifiers that DaCHS does not know, beside its DataLink service."""
    table = f"""<?xml version="1.0"?><VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">
      <RESOURCE type="results"><TABLE><FIELD name="ssa_pubDID" ID="did" datatype="char" arraysize="*"/><DATA>
      <TABLEDATA><TR><TD>ivo://test.local/~?specs/data/gone.fits</TD></TR>
      <TR><TD>ivo://test.local/~?specs/data/test04.fits</TD></TR></TABLEDATA></DATA></TABLE></RESOURCE>
      <RESOURCE type="meta" utype="adhoc:service"><PARAM name="accessURL" datatype="char" arraysize="*"
      value="{DACHS}/specs/q/sdl/dlmeta"/><PARAM name="standardID" datatype="char" arraysize="*"
      value="ivo://ivoa.net/std/DataLink#links-1.1"/><GROUP name="inputParams"><PARAM name="ID"
      datatype="char" arraysize="*" ref="did" value=""/></GROUP></RESOURCE></VOTABLE>"""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text=table, content_type="application/x-votable+xml")

    application = web.Application()
    application.router.add_get("/list.vot", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/list.vot"
    await runner.cleanup()


def notices(done: Acquisition) -> list[str]:
    return [one["kind"] for one in done.notices]


async def test_ssa_finds_by_position_and_what_is_chosen_is_fetched(platform: Platform) -> None:
    near = await listed(platform, "ssa", {"address": SSA, "position": "40 -1", "size": 0.5})
    assert (near.state, near.listed) == ("listed", 1), near
    [record] = await records_of(platform, near)
    assert (record.object, record.title) == ("Test 04", "Test spectrograph Test 04")
    assert record.ra == pytest.approx(40, abs=1e-6)
    outside = await listed(platform, "ssa", {"address": SSA, "band_min": 20_000.0, "band_max": 30_000.0})
    assert (outside.state, outside.listed) == ("listed", 0), outside

    every = await listed(platform, "ssa", {"address": SSA, "label_column": "ssa_targclass"})
    assert (every.state, every.listed) == ("listed", 12), every
    service = platform.acquisitions
    await service.begin(every.source, every.id, OWNER, choice=Choice(ranges_of("2-3,12")), name="three")
    done = await service.runner.ended(every.id)
    assert (done.state, done.fetched, done.failed) == ("completed", 3, 0), done
    rows = await spectra_of(platform, done)
    assert [(one.label, one.group, one.points) for one in rows] == [
        ("QSO", "Test 02", 3001),
        ("QSO", "Test 03", 3001),
        ("QSO", "Test 12", 3001),
    ]
    # The wavelengths are those that the archive says, in vacuum; no unit was assumed.
    assert (rows[0].wavelength_min, rows[0].wavelength_max) == pytest.approx((4000, 7000))


async def test_soda_cuts_out_and_gives_the_format_that_is_asked_for(platform: Platform) -> None:
    part = {"cutout_min": 6500.0, "cutout_max": 6600.0, "soda_format": "application/fits"}
    values = {"position": "50 0", "size": 0.5} | part
    direct = await fetched(platform, "ssa", SSA, values)
    via_links = await fetched(
        platform, "tap", TAP, {"query": QUERY.format("= 'Test 05'")} | part | {"datalink": "always"}
    )
    for done in (direct, via_links):
        assert (done.state, done.failed) == ("completed", 0), (done, await records_of(platform, done))
        [row] = await spectra_of(platform, done)
        assert row.points == pytest.approx(101, abs=2)
        assert (row.wavelength_min, row.wavelength_max) == pytest.approx((6500, 6600), abs=1.5)
        [record] = await records_of(platform, done)
        assert record.path.endswith(".fits")


async def test_datalink_gives_the_link_of_the_chosen_meaning(platform: Platform) -> None:
    values = {"position": "60 1", "size": 0.5, "datalink": "always"}
    for semantics, ending in (("#progenitor", ".fits"), ("#this", ".vot")):
        done = await fetched(platform, "ssa", SSA, values | {"semantics": semantics})
        assert (done.state, done.failed) == ("completed", 0), (done, await records_of(platform, done))
        [record], [row] = await records_of(platform, done), await spectra_of(platform, done)
        assert record.path.endswith(ending)
        assert row.points == 3001
    done = await fetched(platform, "ssa", SSA, values | {"semantics": "#derivation"})
    [record] = await records_of(platform, done)
    assert (done.state, record.fault) == ("incomplete", "no-link")
    assert "#this" in record.detail


async def test_a_row_that_datalink_does_not_know_says_so_and_the_other_comes(
    platform: Platform, forgetful: str
) -> None:
    done = await fetched(platform, "votable", forgetful)
    gone, there = await records_of(platform, done)
    assert (done.state, done.fetched, done.failed) == ("incomplete", 1, 1)
    assert (gone.fault, there.fault) == ("service", "")
    assert "No spectrum with this pubDID known here" in gone.detail


@pytest.mark.parametrize("asynchronous", [True, False], ids=["async", "sync"])
async def test_obscore_is_asked_by_tap(platform: Platform, asynchronous: bool) -> None:
    query = {"query": QUERY.format("<= 'Test 03'"), "asynchronous": asynchronous}
    done = await fetched(platform, "tap", TAP, query | {"maxrec": 2})
    assert (done.state, done.fetched, done.failed) == ("completed", 2, 0), done
    assert notices(done) == ["overflow"]
    assert await names_of(platform, done) == {"test01.fits", "test02.fits"}
    assert [one.points for one in await spectra_of(platform, done)] == [3001, 3001]


async def test_a_service_that_fails_is_quoted(platform: Platform) -> None:
    cut = await listed(platform, "ssa", {"address": SSA, "maxrec": 5})
    assert (cut.state, cut.listed, notices(cut)) == ("listed", 5, ["overflow"])
    wrong = await listed(platform, "ssa", {"address": SSA, "free": {"SIZE": "abc"}, "position": "1 2"})
    assert (wrong.state, wrong.fault) == ("error", "service")
    assert "'abc' is not a valid literal for SIZE" in wrong.detail
    for asynchronous in (True, False):
        query = {"address": TAP, "query": "SELECT a FROM nowhere", "asynchronous": asynchronous}
        wrong = await listed(platform, "tap", query)
        assert (wrong.state, wrong.fault) == ("error", "service"), wrong
        assert "nowhere" in wrong.detail
    page = await listed(platform, "votable", {"address": f"{DACHS}/"})
    assert (page.state, page.fault) == ("error", "html"), page
    columns = {"address": TAP, "query": "SELECT target_name, s_ra FROM ivoa.obscore", "asynchronous": False}
    nothing = await listed(platform, "tap", columns)
    assert (nothing.state, nothing.fault) == ("error", "no-link"), nothing
    assert "target_name" in nothing.detail
