"""Limits of what a file may take of the memory: rejected before it is taken, in every format."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import spectra
from spectra.reading.limits import Limits
from tests.unit.spectra.reading.fits_bytes import image, table

POINTS = 200_000
LIMITS = Limits(POINTS, "the setting most-points")
#: Megabytes that a rejection may take beside the file itself.
LITTLE = 4.0


def grid(points: int) -> np.ndarray:
    return np.linspace(4000.0, 9000.0, points)


def fits_table(points: int) -> bytes:
    return table({"WAVELENGTH": grid(points), "FLUX": np.ones(points)})


def fits_image(points: int) -> bytes:
    return image(np.ones(points, np.float32), {"CRVAL1": 4000.0, "CDELT1": 5000.0 / points})


def text(points: int) -> bytes:
    return "".join(f"{value:.4f} 1\n" for value in grid(points)).encode()


def npz(points: int) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, wavelength=grid(points), flux=np.ones(points))
    return stream.getvalue()


def packed(points: int) -> bytes:
    """Return a text whose numbers do not matter: it is too long before they are read."""
    return gzip.compress(b"4000.0 1.0\n" * points, 9)


FORMATS: dict[str, tuple[Callable[[int], bytes], str]] = {
    "FITS table": (fits_table, "600,000 points"),
    "FITS image": (fits_image, "600,000 points"),
    "text": (text, "600,000 lines"),
    "NPZ": (npz, "600,000 points"),
}


def peak(path: Path) -> tuple[list[spectra.Spectrum], list[spectra.UnreadableSpectrum], float]:
    """Read a file within the limits; return also the most memory (MB) that this took."""
    rejected: list[spectra.UnreadableSpectrum] = []
    tracemalloc.start()
    try:
        found = list(spectra.iter_spectra(path, rejected=rejected.append, limits=LIMITS))
        return found, rejected, tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def stored(folder: Path, content: bytes) -> Path:
    path = folder / "spectrum"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_a_spectrum_of_too_many_points_is_rejected_before_memory_is_taken(name: str, tmp_path: Path) -> None:
    make, says = FORMATS[name]
    path = stored(tmp_path, make(3 * POINTS))
    size = path.stat().st_size / 1e6
    found, (rejected,), taken = peak(path)
    assert found == []
    assert says in rejected.reason
    assert "a spectrum may have 200,000 points here (the setting most-points)" in rejected.reason
    assert taken < size + LITTLE


@pytest.mark.parametrize(
    ("name", "bytes_a_point"), [("FITS table", 50), ("FITS image", 80), ("text", 180), ("NPZ", 80)]
)
def test_what_a_spectrum_takes_is_bounded_by_its_points(
    name: str, bytes_a_point: int, tmp_path: Path
) -> None:
    found, rejected, taken = peak(stored(tmp_path, FORMATS[name][0](POINTS)))
    assert rejected == []
    assert len(found[0].flux) == POINTS
    assert taken < bytes_a_point * POINTS / 1e6 + LITTLE


def test_a_packed_file_that_promises_too_much_is_not_unpacked(tmp_path: Path) -> None:
    found, (rejected,), taken = peak(stored(tmp_path, packed(20 * POINTS)))
    assert found == []
    assert "it unpacks to more than 25,600,000 bytes" in rejected.reason
    assert taken < LITTLE


def test_a_member_of_an_archive_has_the_same_limits(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "night.zip", "w") as archive:
        archive.writestr("long.txt", b"4000.0 1.0\n" * (3 * POINTS))
        archive.writestr("short.txt", b"4000 1\n4001 1\n4002 2\n")
    found, rejected, _ = peak(tmp_path / "night.zip")
    assert [each.meta.name for each in found] == ["short"]
    assert [each.source.rpartition("/")[2] for each in rejected] == ["long.txt"]


def test_many_spectra_in_one_table_are_bounded_together(tmp_path: Path) -> None:
    columns = {"WAVELENGTH": np.tile(grid(20_000), (90, 1)), "FLUX": np.ones((90, 20_000))}
    path = stored(tmp_path, table(columns))
    _, (rejected,), taken = peak(path)
    assert "its 90 spectra of 20,000 points are more than the 1,600,000 points" in rejected.reason
    assert taken < path.stat().st_size / 1e6 + LITTLE


def test_without_limits_a_spectrum_is_as_long_as_it_is(tmp_path: Path) -> None:
    (found,) = spectra.read(stored(tmp_path, fits_table(3 * POINTS)))
    assert len(found.flux) == 3 * POINTS


def test_a_spectrum_of_a_matrix_does_not_keep_the_matrix(tmp_path: Path) -> None:
    columns = {"WAVELENGTH": np.tile(grid(1000), (50, 1)), "FLUX": np.ones((50, 1000))}
    for spectrum in spectra.read(stored(tmp_path, table(columns))):
        for column in (spectrum.wavelength, spectrum.flux):
            assert column.base is None or column.base.size == column.size
