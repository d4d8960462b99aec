"""The pages and the API of data, over a real service and a job folder built manually."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from aiohttp.test_utils import TestClient, TestServer
from astropy import units as u
from astropy.io import fits, votable

from dashboard.auth.access import Access
from dashboard.auth.identity import ANONYMOUS, OWNER
from dashboard.base.events import Live
from dashboard.data.service import DataService
from dashboard.reports.report_spectra import JobReports
from dashboard.settings import Settings
from dashboard.web.app.application import create_application
from deploy.access.address import CallerAddresses
from spectra import Source
from tests.unit.dashboard.data.making import fits_bytes, uploaded
from tests.unit.dashboard.data.shelf import Shelf, view

JSON = {"Accept": "application/json"}
SIGNED_IN = {**JSON, "Authorization": "Bearer owner"}


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "out")


@pytest.fixture
async def client(service: DataService, shelf: Shelf) -> AsyncIterator[TestClient]:
    async def identify(token: str | None) -> Any:
        return ANONYMOUS if token == "nobody" else OWNER

    reports = JobReports(shelf, service)  # type: ignore[arg-type]

    async def nobody_else() -> bool:
        return False

    async def no_models(**_wanted: object) -> SimpleNamespace:
        return SimpleNamespace(items=[])

    async def nothing(*_asked: object) -> None:
        return None

    async def no_announcements(_user: str) -> list[object]:
        return []

    platform = SimpleNamespace(
        settings=Settings(),
        data=service,
        reports=reports,
        identify=identify,
        audit=SimpleNamespace(record=lambda _entry: None),
        caller_addresses=CallerAddresses(),
        accounts=SimpleNamespace(exist=nobody_else),
        access=Access(service.store.database),
        live=Live(),
        models=SimpleNamespace(list=no_models),
        references=SimpleNamespace(shown=nothing),
        maintenance=SimpleNamespace(require_open=nothing, mode=nothing),
        announcements=SimpleNamespace(shown=no_announcements),
        nodes=SimpleNamespace(list=lambda _identity: [], usable=lambda _identity: []),
    )
    async with TestClient(TestServer(create_application(platform)), headers=SIGNED_IN) as made:  # type: ignore[arg-type]
        yield made


async def dataset_of(client: TestClient, service: DataService, files: dict[str, bytes]) -> str:
    made = await client.post("/data", json={"name": "test"})
    assert made.status == 201
    dataset = (await made.json())["dataset"]["id"]
    assert made.headers["Location"] == f"/data/{dataset}"
    for path, content in files.items():
        assert (await client.put(f"/data/{dataset}/files/{path}", data=content)).status == 201
    assert (await client.post(f"/data/{dataset}/done")).status == 202
    await service.settled(dataset)
    return dataset


async def test_the_whole_way_from_a_file_to_its_curve(client: TestClient, service: DataService) -> None:
    dataset = await dataset_of(client, service, {"a b/x.fits": fits_bytes(name="HD 1"), "bad.fits": b"\0"})
    page = await (await client.get(f"/data/{dataset}")).json()
    assert page["dataset"]["state"] == "ready"
    assert [row["path"] for row in page["spectra"]] == ["a b/x.fits"]
    assert [file["path"] for file in page["rejected"]] == ["bad.fits"]
    one = await (await client.get(page["spectra"][0]["url"] + "?points=50&minimum=6550")).json()
    assert one["curve"]["x"][0] == 6550.0
    assert one["curve"]["shown"] <= 50
    assert (one["previous"], one["next"]) == (None, None)
    many = await (await client.get(f"/data/{dataset}/plot?numbers=0-3&errors=true")).json()
    assert [curve["number"] for curve in many["curves"]] == [0]
    assert [rejected["number"] for rejected in many["rejected"]] == [1, 2, 3]
    assert "spectrum" not in many["curves"][0]
    known = await (await client.get(f"/data/{dataset}/plot?numbers=0&facts=true")).json()
    listed_so = {**page["spectra"][0], "ra": one["spectrum"]["ra"]}
    assert known["curves"][0]["spectrum"].items() >= listed_so.items()
    listed = await (await client.get("/data?q=test&kind=spectra")).json()
    assert [found["id"] for found in listed["datasets"]] == [dataset]


@pytest.mark.parametrize("path", ["/data", "/data/{d}", "/data/{d}?q=nothing", "/data/{d}/spectra/0"])
async def test_every_page_is_a_page_too(client: TestClient, service: DataService, path: str) -> None:
    dataset = await dataset_of(
        client, service, {"x.fits": fits_bytes(), "labels.csv": b"file,label\nx,<K>\n"}
    )
    answer = await client.get(path.format(d=dataset), headers={"Accept": "text/html"})
    text = await answer.text()
    assert answer.status == 200, text
    assert answer.content_type == "text/html"
    assert "<K>" not in text


async def test_the_original_file_comes_as_a_download_whatever_it_is(
    client: TestClient, service: DataService
) -> None:
    name = "evil%22%0d.html.fits".replace("%0d", "")
    dataset = await dataset_of(client, service, {name: fits_bytes()})
    answer = await client.get(f"/data/{dataset}/spectra/0/file")
    assert await answer.read() == fits_bytes()
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''evil%22.html.fits"


async def test_an_export_is_every_point_of_the_files_with_errors_units_and_ucds(
    client: TestClient, service: DataService
) -> None:
    count = 5000
    wave = np.linspace(4000.0, 9000.0, count)
    flux = 1e-15 * (2 + np.sin(wave))
    columns = [
        fits.Column("WAVE", "D", unit="Angstrom", array=wave),
        fits.Column("FLUX", "D", unit="erg/s/cm2/Angstrom", array=flux),
        fits.Column("ERR", "D", array=np.full(count, 1e-17)),
    ]
    file = io.BytesIO()
    table = fits.BinTableHDU.from_columns(columns)
    table.header["OBJECT"] = "=1+1 <b>"
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(file)
    dataset = await dataset_of(client, service, {"=evil.fits": file.getvalue(), "b.fits": fits_bytes()})
    row = (await (await client.get(f"/data/{dataset}/spectra/0?points=9000")).json())["curve"]
    answer = await client.get(f"/data/{dataset}/export?numbers=0-1&format=vot")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    with warnings.catch_warnings(action="ignore"):  # erg and Angstrom are discouraged, not wrong
        first, second = votable.parse(io.BytesIO(await answer.read())).iter_tables()
    assert (len(first.array), len(second.array)) == (count, 200)
    fields = {field.name: field for field in first.fields}
    assert u.Unit(fields["wavelength"].unit) == u.AA
    assert u.Unit(fields["flux"].unit) == u.erg / u.s / u.cm**2 / u.AA
    assert fields["flux"].ucd == "phot.flux.density;em.wl"
    assert fields["error"].ucd.startswith("stat.error")
    np.testing.assert_allclose(first.array["flux"].data, flux, rtol=1e-12)  # neither thinned nor scaled
    np.testing.assert_allclose(first.array["error"].data, 1e-17, rtol=1e-6)
    np.testing.assert_allclose(
        first.array["wavelength"].data[[0, -1]], [row["x"][0], row["x"][-1]], atol=1e-3
    )
    text = await (await client.get(f"/data/{dataset}/export?numbers=0")).text()
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == count
    assert lines[0]["name"].startswith("'=")  # no formula
    assert float(lines[7]["flux"]) == pytest.approx(flux[7], rel=1e-12)
    assert lines[7]["flux_unit"]
    assert float(lines[7]["error"]) == pytest.approx(1e-17)
    assert (await client.get(f"/data/{dataset}/export?numbers=7")).status == 404
    assert (await client.get(f"/data/{dataset}/export?numbers=0&format=exe")).status == 422


async def test_the_column_with_the_classes_can_be_chosen_and_counted_first(
    client: TestClient, service: DataService
) -> None:
    files = {f"{name}.fits": fits_bytes(name=name) for name in ("a", "b", "c")}
    dataset = await dataset_of(client, service, files)
    table = 'file,CLASS,"SUB;CLASS"\na,STAR,K1\nb,STAR,K1\n'
    base = f"/data/{dataset}/labels"
    found = await (await client.post(f"{base}/counts", json={"csv": table})).json()
    assert (found["columns"]["label"], found["classes"]) == ("CLASS", {"STAR": 2})
    assert found["columns"]["titles"] == ["file", "CLASS", "SUB;CLASS"]
    chosen = {"column": "SUB;CLASS"}
    found = await (await client.post(f"{base}/counts", json={"csv": table}, params=chosen)).json()
    assert found["classes"] == {"K1": 2}
    assert (await (await client.get(f"/data/{dataset}")).json())["dataset"]["classes"] == {}
    assert (await client.post(base, json={"csv": table}, params=chosen)).status == 200
    found = (await (await client.get(f"/data/{dataset}")).json())["dataset"]
    assert found["classes"] == {"K1": 2}
    page = await (await client.get(f"/data/{dataset}", headers={"Accept": "text/html"})).text()
    assert "no class 1</a>" in page  # the third has none
    rest = await (await client.get(f"/data/{dataset}?label=-")).json()
    assert [row["name"] for row in rest["spectra"]] == ["c"]
    wrong = await client.post(f"{base}/counts", json={"csv": table}, params={"column": "TYPE"})
    assert wrong.status == 422
    assert "SUB;CLASS" in (await wrong.json())["detail"]


async def test_what_is_there_already_can_be_asked_page_by_page(
    client: TestClient, service: DataService
) -> None:
    dataset = await dataset_of(client, service, {f"{n}.csv": b"x" for n in range(3)})
    first = await (await client.get(f"/data/{dataset}/files?size=2")).json()
    rest = await (await client.get(f"/data/{dataset}/files?size=2&after={first['next']}")).json()
    assert [file["path"] for file in first["files"] + rest["files"]] == ["0.csv", "1.csv", "2.csv"]
    assert rest["next"] is None


async def test_a_connection_that_breaks_leaves_no_half_file(client: TestClient, service: DataService) -> None:
    dataset = (await (await client.post("/data", json={"name": "t"})).json())["dataset"]["id"]
    server = client.server
    _, writer = await asyncio.open_connection(server.host, server.port)
    head = f"PUT /data/{dataset}/files/x HTTP/1.1\r\nHost: {server.host}\r\nContent-Length: 500000\r\n"
    head += f"Authorization: {SIGNED_IN['Authorization']}\r\n\r\n"
    writer.write(head.encode() + bytes(200_000))
    await writer.drain()
    parts = service.folder / dataset / "parts"
    while not list(parts.glob("*")):
        await asyncio.sleep(0)
    writer.close()
    while list(parts.glob("*")):
        await asyncio.sleep(0)
    assert (await (await client.get(f"/data/{dataset}/files")).json())["files"] == []
    assert (await client.put(f"/data/{dataset}/files/x", data=b"whole")).status == 201


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/data", {"name": ""}, 422, "printable"),
        ("POST", "/data", {"name": 3}, 422, "text"),
        ("POST", "/data", {"name": "x", "kind": "y"}, 422, "spectra, features"),
        ("GET", "/data/nobody", None, 404, "no dataset"),
        ("GET", "/data?kind=x", None, 422, "kind"),
        ("GET", "/data?state=x", None, 422, "state"),
        ("GET", "/data?sort=owner", None, 422, "sort"),
        ("GET", "/data?size=100000", None, 422, "size"),
        ("GET", "/data/{d}?sort=x", None, 422, "sort"),
        ("GET", "/data/{d}/spectra/9", None, 404, "no spectrum 9"),
        ("GET", "/data/{d}/spectra/99999999999999999999", None, 404, "no such"),
        ("GET", "/data/{d}/spectra/0?points=1", None, 422, "points"),
        ("GET", "/data/{d}/spectra/0?minimum=x", None, 422, "minimum"),
        ("GET", "/data/{d}/plot", None, 422, "numbers"),
        ("GET", "/data/{d}/plot?numbers=5-1", None, 422, "numbers"),
        ("GET", "/data/{d}/plot?numbers=0-100000000000", None, 422, "at most 500"),
        ("GET", "/data/{d}/plot?numbers=0-299&points=4000", None, 422, "At most 250 spectra"),
        ("GET", "/data/{d}/files?state=x", None, 422, "state"),
        ("PUT", "/data/{d}/files/..%2fx", None, 422, ".."),
        ("POST", "/data/{d}/labels", {"csv": 3}, 422, "csv"),
        ("POST", "/data/{d}/labels", {"csv": "name,label\nnobody,K\n"}, 422, "nobody"),
        ("POST", "/preview", {}, 422, "dataset"),
        ("POST", "/preview", {"dataset": "{d}", "rows": "all"}, 422, "rows"),
        ("POST", "/preview", {"dataset": "{d}", "rows": [True]}, 422, "rows"),
        ("POST", "/preview", {"dataset": "{d}", "points": 10**9}, 422, "points"),
        ("POST", "/preview", {"dataset": "{d}", "recipe": {"steps": [{"step": "x"}]}}, 422, "recipe"),
        ("DELETE", "/data/nobody", None, 404, "no dataset"),
        ("GET", "/jobs/2/views", None, 404, "no such job"),
        ("GET", "/jobs/1/views/none", None, 404, "no view"),
        ("GET", "/jobs/1/rows/0", None, 404, "prepared spectra"),
        ("GET", "/jobs/1/views/v?first=-1", None, 422, "first"),
    ],
)
async def test_a_wrong_question_is_answered_with_what_and_where(
    client: TestClient, service: DataService, method: str, path: str, body: Any, status: int, said: str
) -> None:
    dataset = await dataset_of(client, service, {"x.fits": fits_bytes()})
    sent = None if body is None else json.loads(json.dumps(body).replace("{d}", dataset))
    answer = await client.request(method, path.replace("{d}", dataset), json=sent)
    problem = await answer.json()
    assert answer.status == status, problem
    assert answer.content_type == "application/problem+json"
    assert said in json.dumps(problem)


async def test_nothing_is_shown_to_those_who_are_not_signed_in(client: TestClient) -> None:
    headers = {**JSON, "Authorization": "Bearer nobody"}
    for method, path in [
        ("GET", "/data"),
        ("POST", "/data"),
        ("PUT", "/data/x/files/y"),
        ("POST", "/preview"),
        ("GET", "/data/x/spectra/0/file"),
        ("GET", "/jobs/1/views/v"),
        ("GET", "/jobs/1/rows/0"),
    ]:
        assert (await client.request(method, path, headers=headers)).status == 401, path


async def test_a_deleted_dataset_is_gone(client: TestClient, service: DataService) -> None:
    dataset = await dataset_of(client, service, {"x.fits": fits_bytes()})
    assert (await client.delete(f"/data/{dataset}")).status == 204
    assert (await client.get(f"/data/{dataset}")).status == 404


async def test_labels_come_as_csv_or_in_json(client: TestClient, service: DataService) -> None:
    dataset = await dataset_of(client, service, {"x.fits": fits_bytes()})
    csv = {"Content-Type": "text/csv"}
    first = await client.post(f"/data/{dataset}/labels", data=b"file,label\nx,K\n", headers=csv)
    assert (await first.json())["dataset"]["classes"] == {"K": 1}
    table = "file,label\nx,M\ny,M\n"
    second = await client.post(f"/data/{dataset}/labels?partial=true", json={"csv": table})
    assert (await second.json())["unknown"] == ["y"]


async def test_a_report_leads_from_view_to_mark_to_row(
    client: TestClient, service: DataService, shelf: Shelf
) -> None:
    dataset = await dataset_of(client, service, {"x.fits": fits_bytes()})
    shelf.dataset = dataset
    row = await service.rows.get(dataset, 0)
    shelf.features([Source("in/data/x.fits", row.hdu, row.row)])
    matrix = view(
        "confusion-matrix", classes=["A", "B"], counts=[[0, 1], [0, 0]], marks="marks.npy", split="x"
    )
    shelf.report(matrix, marks=np.array([1], dtype=np.int32))
    assert (await (await client.get("/jobs/1/views")).json())["views"][0]["id"] == "v"
    found = await (await client.get("/jobs/1/views/v")).json()
    assert found["view"]["data"]["marks"] == {"rows": 1, "marked": 1}
    marked = await (await client.get("/jobs/1/views/v/marks/1")).json()
    assert marked["title"] == "A predicted as B"
    assert marked["rows"][0]["url"] == f"/data/{dataset}/spectra/0"
    one = await (await client.get("/jobs/1/rows/0")).json()
    assert one["original"]["points"] == 200
    for path in ("/jobs/1/views/v", "/jobs/1/views/v/marks/1", "/jobs/1/views/v/marks/0", "/jobs/1/rows/0"):
        page = await client.get(path, headers={"Accept": "text/html"})
        assert page.status == 200, await page.text()


async def test_labels_come_from_a_keyword_of_the_headers(client: TestClient, service: DataService) -> None:
    files = {
        "a.fits": fits_bytes(name="HD 1"),
        "b.fits": fits_bytes(name="HD 1"),
        "c.fits": fits_bytes(name="HD 2"),
        "d.fits": fits_bytes(),
        "e.csv": b"wavelength,flux\n" + b"".join(b"%d,1\n" % x for x in range(6500, 6560)),
        "f.fits": b"SIMPLE  =                    T broken",
    }
    dataset = (await uploaded(service, files)).id
    base = f"/data/{dataset}/labels"
    counts = await client.post(f"{base}/counts?keyword=object", json={"csv": ""})
    assert (await counts.json())["classes"] == {"HD 1": 2, "HD 2": 1}
    assert (await service.get(dataset)).classes == {}  # counting sets nothing
    answer = await client.post(f"{base}?keyword=OBJECT", json={"csv": ""})
    assert (answer.status, (await answer.json())["changed"]) == (200, 3)
    assert (await service.get(dataset)).classes == {"HD 1": 2, "HD 2": 1}
    for keyword, said in (
        ("SUBCLASS", "in no header"),
        ("a;b", "is no keyword"),
        ("TOOLONGAKEY", "no keyword"),
    ):
        wrong = await client.post(f"{base}?{urlencode({'keyword': keyword})}", json={"csv": ""})
        assert wrong.status == 422
        [error] = (await wrong.json())["errors"]
        assert error["field"] == "keyword"
        assert said in (await wrong.json())["detail"]
    assert (await service.get(dataset)).classes == {"HD 1": 2, "HD 2": 1}
