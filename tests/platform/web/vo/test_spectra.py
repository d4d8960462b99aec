"""SSA, ObsCore, DataLink and SODA over the datasets of a platform."""

from __future__ import annotations

import io
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from astropy.io import fits
from astropy.io.votable import parse

from dashboard.auth.identity import OWNER
from dashboard.jobs.request import JobRequest
from tests.platform.web.vo.conftest import Archive
from tests.platform.world import settle

QUERY = {"REQUEST": "queryData"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [0, 1]),
        ({"POS": "10,-60.5", "SIZE": "0.1"}, [0]),
        ({"POS": "10.02,-60.5;ICRS", "SIZE": "0.1"}, [0]),  # 0.02 degrees there are 0.01 on the sky
        ({"POS": "10.3,-60.5", "SIZE": "0.1"}, []),
        ({"POS": "0.05,0", "SIZE": "0.5"}, [1]),  # across 0 h
        ({"POS": "0,-90", "SIZE": "60"}, [0]),  # around a pole
        ({"POS": "0,0", "SIZE": "360"}, [0, 1]),
        ({"BAND": "4e-7/5e-7"}, [0]),
        ({"BAND": "/4.05e-7"}, [0]),
        ({"BAND": "6.55e-7"}, [1]),
        ({"BAND": "4.05e-7,6.6e-7/inf"}, None),
        ({"BAND": "1e-3/1"}, []),
        ({"TARGETNAME": "a"}, [0]),
        ({"TARGETNAME": "' OR 1=1 --"}, []),
        ({"TIME": "2015-01-01/2016-01-01"}, []),
        ({"FORMAT": "graphic"}, []),
        ({"COLLECTION": "nothing"}, []),
        ({"MAXREC": "0"}, []),
        ({"MAXREC": "1"}, [0]),
        ({"MAXREC": "99999999999999999999"}, [0, 1]),
        ({"request": "queryData", "pos": "10,-60.5"}, [0]),
    ],
)
async def test_a_query_finds_what_it_says(
    archive: Archive, query: dict[str, str], found: list[int] | None
) -> None:
    for service in ("ssa", "obscore"):
        if found is None:
            assert (await archive.status(service, **QUERY, **query))[0] == "ERROR"
            continue
        names = {name: value for name, value in QUERY.items() if name.lower() not in query}
        table = await archive.table(service, **names, **query)
        column = "ssa_pubDID" if service == "ssa" else "obs_publisher_did"
        assert [str(value) for value in table[column]] == [archive.did(number) for number in found]


@pytest.mark.parametrize(
    "query",
    [
        {"POS": "nonsense"},
        {"POS": "10"},
        {"POS": "10,nan"},
        {"POS": "400,0"},
        {"POS": "10,-91"},
        {"POS": "10,0;GALACTIC"},
        {"POS": "10,0", "SIZE": "-1"},
        {"POS": "10,0", "SIZE": "inf"},
        {"BAND": "inf"},
        {"BAND": "V"},
        {"BAND": "-1/2"},
        {"BAND": "6e-7/5e-7"},
        {"BAND": "1_0e-7"},
        {"TIME": "lately"},
        {"MAXREC": "-1"},
        {"MAXREC": "many"},
        {"REQUEST": "dropTables"},
    ],
)
async def test_a_wrong_query_is_an_error_in_a_table(archive: Archive, query: dict[str, str]) -> None:
    status, text = await archive.status("ssa", **{**QUERY, **query})
    assert status == "ERROR"
    assert next(reversed(query)) in text


async def test_more_rows_than_wanted_are_told(archive: Archive) -> None:
    assert (await archive.status("ssa", **QUERY))[:-1] == ["OK"]
    assert (await archive.status("ssa", **QUERY, MAXREC="2"))[:-1] == ["OK"]
    assert (await archive.status("ssa", **QUERY, MAXREC="1"))[:-1] == ["OK", "OVERFLOW"]


async def test_metadata_has_the_inputs_and_no_rows(archive: Archive) -> None:
    document = parse(io.BytesIO(await archive.get("ssa", FORMAT="METADATA")))
    [table] = document.iter_tables()
    assert len(table.array) == 0
    assert {"INPUT:POS", "INPUT:BAND", "INPUT:TARGETNAME"} <= {one.name for one in table.params}
    described = {one.utype: (one.ucd, str(one.unit)) for one in table.fields}
    assert described["ssa:Char.SpectralAxis.Coverage.Bounds.Start"] == ("em.wl;stat.min", "m")


async def test_only_what_one_may_see_is_found(archive: Archive) -> None:
    site = archive.site
    other = {"Authorization": f"Bearer {await site.platform.sessions.open('other')}"}
    for path in ("ssa", "obscore"):
        answer = await site.stranger.get(f"/vo/{path}", params=QUERY, headers=other)
        assert archive.dataset not in await answer.text()
    unknown = f"ivo://huggins/~?{'0' * 15}/0"
    texts = []
    for did in (archive.did(0), unknown):
        answer = await site.stranger.get("/vo/datalink", params={"ID": did}, headers=other)
        texts.append((await answer.text()).replace(did, "it"))
        for path in ("soda", "preview"):
            answer = await site.stranger.get(f"/vo/{path}", params={"ID": did}, headers=other)
            assert answer.status == 404
    assert texts[0] == texts[1]
    assert "NotFoundFault" in texts[0]
    await archive.get("ssa", status=401, owner=False, **QUERY)
    await archive.site.platform.sharing.change("dataset", archive.dataset, {"visibility": "public"}, OWNER)
    answer = await site.stranger.get("/vo/ssa", params=QUERY, headers=other)
    assert archive.did(0) in await answer.text()


async def test_links_lead_to_file_preview_service_and_predictions(archive: Archive) -> None:
    platform = archive.site.platform
    job = await settle(platform, await platform.submit(JobRequest("toy", archive.dataset), OWNER))
    model = await platform.models.of_job(job.id)
    assert model is not None
    asked = JobRequest("toy", archive.dataset, model=model.id)
    predicted = await settle(platform, await platform.submit(asked, OWNER))
    assert predicted.phase == "COMPLETED"
    content = await archive.get("datalink", ID=archive.did(0))
    document = parse(io.BytesIO(content))
    table = document.get_first_table().to_table()
    links = {str(one["semantics"]): one for one in table}
    assert set(links) == {"#this", "#preview", "#progenitor", "#proc", "#derivation"}
    assert model.id in str(links["#derivation"]["description"])
    assert f"/uws/toy/{predicted.id}/results/predictions.vot" in str(links["#derivation"]["access_url"])
    named = str(links["#proc"]["service_def"])
    [service] = [one for one in document.resources if named == one.ID]
    inputs = {one.name: one for one in service.groups[0].entries}
    assert inputs["ID"].value == archive.did(0)
    assert [float(end) for end in (inputs["BAND"].values.min, inputs["BAND"].values.max)] == [4e-7, 4.1e-7]
    for meaning in ("#this", "#preview", "#progenitor"):
        address = "/" + str(links[meaning]["access_url"]).split("/", 3)[3]
        answer = await archive.site.stranger.get(address, headers=archive.site.json)
        assert answer.status == 200, address
        assert answer.content_type == str(links[meaning]["content_type"])


async def test_many_identifiers_are_answered_at_once_each_wrong_one_by_an_error(archive: Archive) -> None:
    bad = ["x", "<a>&'", f"{archive.did(7)}", "ivo://other/~?1/1", "ivo://huggins/~?../1"]
    form = [("ID", archive.did(0)), *(("ID", one) for one in bad), ("ID", archive.did(1))]
    answer = await archive.site.stranger.post("/vo/datalink", data=form, headers=archive.site.json)
    table = parse(io.BytesIO(await answer.read())).get_first_table().to_table()
    wrong = [str(one["ID"]) for one in table if str(one["error_message"])]
    assert wrong == bad
    assert {str(one["ID"]) for one in table} == {archive.did(0), archive.did(1), *bad}
    many = [("ID", "x")] * 501
    answer = await archive.site.stranger.post("/vo/datalink", data=many, headers=archive.site.json)
    assert "OVERFLOW" in await answer.text()
    answer = await archive.site.stranger.post("/vo/datalink", data=many * 2, headers=archive.site.json)
    assert answer.status == 413


async def _soda(archive: Archive, **query: Any) -> tuple[np.ndarray, np.ndarray]:
    table = await archive.table("soda", ID=archive.did(0), **query)
    return table["wavelength"].quantity.to_value("Angstrom"), np.asarray(table["flux"])


async def test_a_spectrum_is_cut_out_normalised_and_resampled(archive: Archive) -> None:
    wavelength, flux = await _soda(archive)
    assert (len(wavelength), wavelength[0], wavelength[-1]) == (101, 4000, 4100)
    np.testing.assert_allclose(flux, 1 + np.arange(101) / 100)
    wavelength, _ = await _soda(archive, BAND="4.01e-7 4.02e-7")
    assert wavelength.min() >= 4009.9
    assert wavelength.max() <= 4020.1
    assert 10 <= len(wavelength) <= 11
    wavelength, _ = await _soda(archive, BAND="-Inf 4.05e-7")
    assert (wavelength[0], round(wavelength[-1])) == (4000, 4050)
    _, flux = await _soda(archive, FLUXCALIB="normalized")
    np.testing.assert_allclose(flux, 1, atol=1e-3)
    wavelength, flux = await _soda(archive, POINTS="11")
    np.testing.assert_allclose(wavelength, 4000 + 10 * np.arange(11))
    np.testing.assert_allclose(flux, 1 + np.arange(11) / 10, rtol=1e-5)


async def test_a_spectrum_comes_in_three_formats(archive: Archive) -> None:
    content = await archive.get(
        "soda", ID=archive.did(0), RESPONSEFORMAT="application/fits", BAND="0 4.05e-7"
    )
    with fits.open(io.BytesIO(content)) as file:
        table = file["SPECTRUM"]
        assert table.columns["wavelength"].unit == "Angstrom"
        assert len(table.data) in {50, 51}
        np.testing.assert_allclose(table.data["error"], 0.1)
        assert table.header["OBJECT"]
    text = (await archive.get("soda", ID=archive.did(0), FORMAT="csv")).decode()
    assert text.splitlines()[0].startswith("name,label,wavelength_angstrom,flux")
    assert len(text.splitlines()) == 102
    drawn = ElementTree.fromstring(await archive.get("preview", ID=archive.did(1)))
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize(
    "query",
    [
        {"BAND": "nonsense"},
        {"BAND": "5e-7"},
        {"BAND": "nan nan"},
        {"BAND": "5e-7 4e-7"},
        {"BAND": "inf inf"},
        {"BAND": "-2 -1"},
        {"FLUXCALIB": "absolute"},
        {"POINTS": "1"},
        {"POINTS": "9999999999999999"},
        {"RESPONSEFORMAT": "text/html"},
    ],
)
async def test_wrong_processing_is_400(archive: Archive, query: dict[str, str]) -> None:
    text = await archive.get("soda", status=400, ID=archive.did(0), **query)
    assert next(iter(query)).encode() in text


async def test_what_is_not_there_is_told_by_the_status(archive: Archive) -> None:
    await archive.get("soda", status=204, ID=archive.did(0), BAND="1 2")
    await archive.get("soda", status=400)
    await archive.get("soda", status=404, ID="ivo://huggins/~?none/0")
    answer = await archive.site.stranger.get(
        f"/vo/soda?ID={archive.did(0)}&ID={archive.did(1)}".replace("~?", "~%3F"), headers=archive.site.json
    )
    assert answer.status == 400


async def test_the_platform_says_what_it_offers(archive: Archive) -> None:
    root = ElementTree.fromstring(await archive.get("capabilities", owner=False))
    standards = [one.attrib["standardID"] for one in root]
    assert "ivo://ivoa.net/std/SSA" in standards
    assert len(standards) == len(set(standards))
    for address in root.iter("accessURL"):
        path = str(address.text).split("/vo/")[1]
        assert path in {"capabilities", "availability", "ssa", "datalink", "soda"}
    told = await archive.get("availability", owner=False)
    assert b">true</" in told
