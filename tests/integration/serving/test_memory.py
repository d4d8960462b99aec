"""What one call may cost in memory, however long its spectra are."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from tests.contract.deepaas.servers import OURS, serving
from tests.integration.serving.test_spectra import result, star
from tests.unit.spectra.reading.fits_bytes import header, table

MB = 1e6


def promising(path: Path, points: int) -> Path:
    """Write a FITS table of so many points; a file with a hole, so that its zeros take no room."""
    columns = {"TTYPE1": "WAVELENGTH", "TFORM1": "1D", "TTYPE2": "FLUX", "TFORM2": "1E"}
    counts = {"NAXIS": 2, "NAXIS1": 12, "NAXIS2": points, "PCOUNT": 0, "GCOUNT": 1, "TFIELDS": 2}
    head = header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True})
    head += header({"XTENSION": "BINTABLE", "BITPIX": 8, **counts, **columns})
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + -(-12 * points // 2880) * 2880)
    return path


def test_a_spectrum_of_30_million_points_is_rejected_for_little_memory(trained: Path, tmp_path: Path) -> None:
    path = promising(tmp_path / "long.fits", 30_000_000)
    with serving(OURS, "rdf", tmp_path, HUGGINS_MODEL=str(trained / "model")) as server:
        assert result(server.predict(files={"data": star(trained, 0).read_bytes()}))["results"]
        before = server.memory()
        with path.open("rb") as stream:
            answer = server.predict(120, data=stream, headers={"Content-Type": "application/fits"})
        assert answer.status_code == 422
        (rejected,) = answer.json()["rejected"]
        assert "it has 30,000,000 points" in rejected["reason"]
        assert "(the server's --max-points)" in rejected["reason"]
        assert server.most_memory() - before < 80 * MB


def test_a_spectrum_of_as_many_points_as_are_taken_costs_a_bounded_amount(
    trained: Path, tmp_path: Path
) -> None:
    grid = np.linspace(6000.0, 7000.0, 2_000_000)
    content = table({"WAVELENGTH": grid, "FLUX": 1.0 + np.exp(-(((grid - 6564.6) / 5.0) ** 2))})
    model = str(trained / "model")
    with serving(OURS, "rdf", tmp_path, HUGGINS_MODEL=model) as server:
        assert result(server.predict(files={"data": star(trained, 0).read_bytes()}))["results"]
        before = server.memory()
        (one,) = result(server.predict(files={"data": ("long.fits", content)}))["results"]
        assert one["name"] == "long"
        print(f"{(server.most_memory() - before) / MB:.0f} MB more for {len(grid):,} points")
        assert server.most_memory() - before < 200 * MB


def test_how_many_points_are_taken_can_be_said_where_the_module_is_packed(
    trained: Path, tmp_path: Path
) -> None:
    model = str(trained / "model")
    with serving(OURS, "rdf", tmp_path, HUGGINS_MODEL=model, HUGGINS_MAX_POINTS="400") as server:
        answer = server.predict(files={"data": star(trained, 0).read_bytes()})
        assert answer.status_code == 422
        assert "it has 500 points; a spectrum may have 400 points here" in answer.json()["detail"]
        answer = server.predict(json={"wavelength": list(range(4000, 4500)), "flux": [1.0] * 500})
        assert "it has 500 points" in answer.json()["detail"]


def many(path: Path, spectra: int) -> Path:
    """Write an archive of NumPy with so many spectra, which are a few bytes each once they are packed."""
    grid = np.linspace(6400.0, 6800.0, 300)
    flux = np.tile(1.0 + np.exp(-(((grid - 6564.6) / 5.0) ** 2)).astype("f4"), (spectra, 1))
    np.savez_compressed(path, wave=grid, flux=flux)
    return path


def empty_members(count: int) -> bytes:
    """Return an archive whose members are no spectra: each costs the time of a rejection."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.csv", b"")
    return packed.getvalue()


def test_a_request_of_too_many_spectra_is_rejected_and_others_are_answered(
    trained: Path, tmp_path: Path
) -> None:
    model = str(trained / "model")
    with serving(OURS, "rdf", tmp_path, "--max-spectra", "40", HUGGINS_MODEL=model) as server:
        single = {"data": star(trained, 0).read_bytes()}
        assert (
            len(
                result(server.predict(files={"data": many(tmp_path / "few.npz", 40).read_bytes()}))["results"]
            )
            == 40
        )
        content = many(tmp_path / "many.npz", 41).read_bytes()
        grid = list(np.linspace(6400.0, 6800.0, 300))
        for body in (
            {"files": {"data": ("many.npz", content)}},
            {"files": [("data", single["data"])] * 41},
            {"files": {"data": ("none.zip", empty_members(41))}},
            {"json": {"wavelength": grid, "flux": [[1.0 + x % 7 for x in grid]] * 41}},
            {"data": content, "headers": {"Content-Type": "application/x-npz"}},
        ):
            answer = server.predict(60, **body)
            assert answer.status_code == 413, answer.text
            assert "more than 40 spectra" in answer.json()["detail"]
            assert result(server.predict(files=single))["results"]
