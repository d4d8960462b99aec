"""What our methods take beyond DEEPaaS' one file, and in which forms they answer."""

from __future__ import annotations

import csv
import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from astropy.io import fits, votable
from astropy.table import Table

from deepaas_plugins.pipeline.predictor import Predictor
from tests.contract.deepaas.servers import Server

CLASSES = ("absorption", "double", "emission")


def result(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    predictions: dict[str, Any] = answer.json()["predictions"]
    return predictions


def star(trained: Path, number: int) -> Path:
    return trained / "data" / f"star-{number}.fits"


def columns(path: Path) -> tuple[list[float], list[float]]:
    table = fits.getdata(path, 1)
    return table["spectral"].tolist(), table["flux"].tolist()


def test_many_files_in_one_request_are_answered_in_their_order(server: Server, trained: Path) -> None:
    numbers = [5, 0, 4, 2, 1]
    files = [("data", (f"star-{each}.fits", star(trained, each).read_bytes())) for each in numbers]
    files.insert(2, ("data", ("broken.fits", b"SIMPLE  = nonsense")))
    files.append(("data", ("elsewhere.txt", b"4000 1\n4001 2\n4002 1\n")))
    answered = server.predict(files=files)
    assert answered.headers["X-Huggins-Spectra"] == "7"
    answer = result(answered)
    assert [each["name"] for each in answer["results"]] == [f"star-{each}" for each in numbers]
    assert [each["label"] for each in answer["results"]] == [CLASSES[each % 3] for each in numbers]
    assert [each["name"] for each in answer["rejected"]] == ["broken.fits", "elsewhere.txt"]
    assert all(each["reason"] for each in answer["rejected"])


def test_a_fits_file_may_be_the_body_itself(server: Server, trained: Path) -> None:
    headers = {"Content-Type": "application/fits", "Content-Disposition": 'attachment; filename="mine.fits"'}
    answer = server.predict(
        data=star(trained, 2).read_bytes(), headers=headers, params={"probabilities": "false"}
    )
    (one,) = result(answer)["results"]
    assert one["label"] == "emission"
    assert "probabilities" not in one


def test_a_votable_may_be_the_body_itself(server: Server, trained: Path) -> None:
    wavelength, flux = columns(star(trained, 1))
    table = Table({"wavelength": [each / 10 for each in wavelength], "flux": flux})
    table["wavelength"].unit = "nm"
    table["wavelength"].meta["ucd"] = "em.wl"
    stream = io.BytesIO()
    votable.writeto(votable.from_table(table), stream)
    answer = server.predict(data=stream.getvalue(), headers={"Content-Type": "application/x-votable+xml"})
    (one,) = result(answer)["results"]
    assert one["label"] == "double"


def test_an_npz_file_may_be_the_body_itself(server: Server, trained: Path) -> None:
    wavelength, flux = columns(star(trained, 0))
    stream = io.BytesIO()
    np.savez(stream, wavelength=np.array(wavelength), flux=np.array([flux, columns(star(trained, 2))[1]]))
    answer = server.predict(data=stream.getvalue(), headers={"Content-Type": "application/x-npz"})
    assert [each["label"] for each in result(answer)["results"]] == ["absorption", "emission"]


def test_spectra_may_be_json(server: Server, trained: Path) -> None:
    wavelength, flux = columns(star(trained, 2))
    one = {"wavelength": wavelength, "flux": flux}
    (alone,) = result(server.predict(json=one | {"name": "x", "probabilities": False}))["results"]
    assert (alone["name"], alone["label"]) == ("x", "emission")
    assert "probabilities" not in alone
    nanometres = {"wavelength": [each / 10 for each in wavelength], "flux": flux, "unit": "nm", "name": "nm"}
    many = result(server.predict(json={"spectra": [one, nanometres, {"flux": [1.0]}, 7]}))
    assert [each["label"] for each in many["results"]] == ["emission", "emission"]
    assert [each["name"] for each in many["rejected"]] == ["spectrum-2", "spectrum-3"]
    other = columns(star(trained, 0))[1]
    matrix = result(
        server.predict(json={"wavelength": wavelength, "flux": [flux, other], "names": ["a", "b"]})
    )
    assert [(each["name"], each["label"]) for each in matrix["results"]] == [
        ("a", "emission"),
        ("b", "absorption"),
    ]
    listed = result(server.predict(json=[one, one]))
    assert len(listed["results"]) == 2


def test_an_archive_is_answered_member_by_member(server: Server, trained: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(6):
            archive.write(star(trained, number), f"star-{number}.fits")
    answer = result(server.predict(files={"data": ("some.zip", stream.getvalue())}))
    assert [each["label"] for each in answer["results"]] == [CLASSES[each % 3] for each in range(6)]


def test_a_large_file_goes_over_the_disk_and_is_answered_the_same(server: Server, trained: Path) -> None:
    wavelength, flux = columns(star(trained, 2))
    text = "\n".join(f"{x} {y}" for x, y in zip(wavelength, flux, strict=True))
    padded = "# a long comment\n" * 100_000 + text
    small = result(server.predict(files={"data": ("one.txt", text)}))["results"]
    assert result(server.predict(files={"data": ("one.txt", padded)}))["results"] == small
    assert not [path for path in server.temporary.rglob("*") if path.is_file()]


def test_a_feature_set_is_predicted(server: Server, trained: Path) -> None:
    features = trained / "run" / "features.parquet"
    answer = result(server.predict(files={"data": ("features.parquet", features.read_bytes())}))
    assert len(answer["results"]) == 36


def test_prepared_spectra_come_back_when_they_are_asked_for(server: Server, trained: Path) -> None:
    files = [("data", (f"star-{each}.fits", star(trained, each).read_bytes())) for each in range(3)]
    prepared = result(server.predict(files=files, params={"include_spectra": "true"}))["prepared"]
    assert np.shape(prepared["flux"]) == (3, 140)
    assert len(prepared["wavelength"]) == 140


def test_answers_come_as_csv(server: Server, trained: Path) -> None:
    files = [("data", ("star-2.fits", star(trained, 2).read_bytes())), ("data", ("bad.txt", b"nothing"))]
    answer = server.predict(files=files, headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    good, bad = csv.DictReader(io.StringIO(answer.text))
    assert (good["name"], good["label"]) == ("star-2", "emission")
    assert float(good["p_emission"]) > 0.5
    assert bad["rejected"]


def test_answers_come_as_a_votable(server: Server, trained: Path) -> None:
    files = {"data": ("star-2.fits", star(trained, 2).read_bytes())}
    answer = server.predict(files=files, headers={"Accept": "application/x-votable+xml"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = votable.parse(io.BytesIO(answer.content), verify="exception").get_first_table().to_table()
    assert table["label"][0] == "emission"
    assert table["p_emission"].dtype == float


def test_what_a_caller_gets_does_not_depend_on_who_else_asks(server: Server, trained: Path) -> None:
    """The same spectrum alone, and in a batch with others: the same numbers, up to rounding."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - here only

    def ask(number: int) -> Any:
        content = b"rubbish" if number % 5 == 4 else star(trained, number).read_bytes()
        answer = server.predict(files={"data": (f"{number}.fits", content)})
        return answer.json()["rejected"] if number % 5 == 4 else result(answer)

    alone = [ask(number) for number in range(30)]
    with ThreadPoolExecutor(30) as threads:
        together = list(threads.map(ask, list(range(30)) * 4))
    assert together == alone * 4
    sizes = requests.get(f"{server.base}/metrics", timeout=10).text
    batches, spectra = (
        float(line.split()[1])
        for name in ("count", "sum")
        for line in sizes.splitlines()
        if line.startswith(f"huggins_batch_spectra_{name}")
    )
    assert batches < spectra


def test_where_every_spectrum_is_rejected_the_answer_is_an_error_that_lists_the_reasons(
    server: Server,
) -> None:
    files = [("data", (f"{number}.txt", b"4000 1\n4001 2\n4002 1\n")) for number in range(5)]
    for accept in ("application/json", "text/csv"):
        answer = server.predict(files=files, headers={"Accept": accept})
        assert answer.status_code == 422
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert [each["name"] for each in problem["rejected"]] == [f"{number}.txt" for number in range(5)]
        assert all("the recipe needs" in each["reason"] for each in problem["rejected"])
        assert problem["detail"].startswith("None of the 5 spectra can be used: 0.txt: ")
        assert problem["detail"].endswith("; and 2 more.")


BAD_BODIES: dict[str, tuple[int, dict[str, Any]]] = {
    "no boundary": (400, {"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}),
    "another boundary": (
        400,
        {"data": b"--a\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
    ),
    "cut short": (
        400,
        {
            "data": b'--b\r\nContent-Disposition: form-data; name="data"; filename="x"\r\n\r\nabc',
            "headers": {"Content-Type": "multipart/form-data; boundary=b"},
        },
    ),
    "a part without a name": (
        400,
        {
            "data": b"--b\r\n\r\nabc\r\n--b--\r\n",
            "headers": {"Content-Type": "multipart/form-data; boundary=b"},
        },
    ),
    "broken JSON": (400, {"data": b"{", "headers": {"Content-Type": "application/json"}}),
    "JSON without spectra": (422, {"json": {"a": 1}}),
    "nothing": (422, {}),
    "text in place of a file": (422, {"files": {"other": b"x"}, "data": {"data": "x"}}),
    "too many files": (413, {"files": [("data", (f"{number}", b"x")) for number in range(41)]}),
    "a compressed part": (
        415,
        {
            "data": b'--b\r\nContent-Disposition: form-data; name="data"; filename="x"\r\n'
            b"Content-Encoding: gzip\r\n\r\nabc\r\n--b--\r\n",
            "headers": {"Content-Type": "multipart/form-data; boundary=b"},
        },
    ),
    "a wrong parameter": (422, {"files": {"data": b"x"}, "params": {"probabilities": "17"}}),
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_gets_its_own_4xx_that_says_why(server: Server, name: str) -> None:
    status, arguments = BAD_BODIES[name]
    answer = server.predict(**arguments)
    assert answer.status_code == status, answer.text
    content = json.loads(answer.text)
    assert content.get("detail") or all(content.values())


def test_real_files_get_the_answers_that_the_method_alone_gives(
    server: Server, trained: Path, data_folder: Path
) -> None:
    predictor = Predictor(trained / "model")
    files = sorted((data_folder / "lamost").rglob("*.fits*"))[::25] + sorted(
        (data_folder / "formats").rglob("*.fits")
    )
    assert len(files) > 10
    for path in (path for path in files if path.stat().st_size < 2**20):
        expected = predictor.answer(path, spectra_too=True)
        with path.open("rb") as stream:
            answer = server.predict(files={"data": (path.name, stream)}, params={"include_spectra": "true"})
        if not expected["results"]:
            assert (answer.status_code, answer.json()["rejected"]) == (422, expected["rejected"]), path
            continue
        given = result(answer)
        assert given["results"] == expected["results"], path
        assert given["rejected"] == expected["rejected"], path
        assert given["prepared"] == expected["prepared"], path
