"""A folder's manifest may name members of the archives in it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import spectra
from spectra.preparation import prepare
from spectra.recipe import Recipe
from spectra.spectrum import UnreadableSpectrum
from spectra.synthetic import write_folder

RECIPE = {
    "schema": 1,
    "steps": [{"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 50}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an archive of four spectra and a plain file beside it."""
    write_folder(tmp_path / "made", 5, seed=1)
    fits = sorted((tmp_path / "made").glob("*.fits"))
    (tmp_path / "data").mkdir()
    with zipfile.ZipFile(tmp_path / "data" / "night.zip", "w") as archive:
        for number, file in enumerate(fits[:4]):
            archive.write(file, f"sub/{number}.fits")
    fits[4].rename(tmp_path / "data" / "plain.fits")
    return tmp_path / "data"


def manifest(folder: Path, *lines: str) -> Path:
    path = folder.parent / "manifest.csv"
    path.write_text("\n".join(("path,label", *lines)) + "\n")
    return path


def test_members_and_plain_files_are_read_with_their_labels(folder: Path) -> None:
    chosen = manifest(folder, "night.zip!/sub/2.fits,hot", "night.zip!/sub/0.fits,cold", "plain.fits,plain")
    found = list(spectra.iter_spectra(folder, manifest=chosen))
    paths = [(s.meta.source.path.removeprefix(f"{folder}/"), s.meta.label) for s in found]
    assert paths == [
        ("night.zip!/sub/0.fits", "cold"),
        ("night.zip!/sub/2.fits", "hot"),
        ("plain.fits", "plain"),
    ]


def test_an_archive_named_without_a_member_gives_all_of_it(folder: Path) -> None:
    found = list(spectra.iter_spectra(folder, manifest=manifest(folder, "night.zip,x")))
    assert [s.meta.label for s in found] == ["x"] * 4


def test_a_member_that_is_not_there_is_named(folder: Path) -> None:
    rejected: list[UnreadableSpectrum] = []
    chosen = manifest(folder, "night.zip!/sub/9.fits,x", "night.zip!/sub/1.fits,y")
    found = list(spectra.iter_spectra(folder, manifest=chosen, rejected=rejected.append))
    assert [s.meta.label for s in found] == ["y"]
    assert [error.source for error in rejected] == ["night.zip!/sub/9.fits"]


def test_bulk_preparation_reads_the_same_members(folder: Path, tmp_path: Path) -> None:
    chosen = manifest(folder, "night.zip!/sub/2.fits,hot", "plain.fits,plain")
    done = prepare(folder, Recipe.from_json(RECIPE), tmp_path / "f.parquet", manifest=chosen, workers=1)
    assert done.rows == 2
    assert list(spectra.FeatureSet.open(tmp_path / "f.parquet").labels()) == ["hot", "plain"]
