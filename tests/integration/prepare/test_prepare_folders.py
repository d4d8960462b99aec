import csv
import hashlib
import multiprocessing
import os
import shutil
import signal
import zipfile
from pathlib import Path

import numpy as np
import pytest

from benchmarks.prepare import GRID, straightforward
from benchmarks.prepare import RECIPE as WINDOW_ONLY
from spectra import (
    FeatureSet,
    NothingPrepared,
    Recipe,
    RecipeError,
    UnreadableSpectrum,
    iter_spectra,
    original,
    prepare,
)
from spectra import batches as supply_module
from spectra import portion as portion_module
from spectra.synthetic import generate, write_folder

WINDOW = {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140}
RECIPE = {"schema": 1, "steps": [WINDOW, {"step": "scale"}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Hold 120 synthetic spectra in two folders, among them three files that cannot be prepared."""
    folder = tmp_path_factory.mktemp("spectra") / "data"
    write_folder(folder, 117)
    (folder / "labels.csv").unlink()
    (folder / "below").mkdir()
    for path in sorted(folder.glob("synthetic-00004*.fits")):
        path.rename(folder / "below" / path.name)
    (folder / "aaa.fits").write_bytes(b"not a FITS file")
    (folder / "below" / "mmm.fits").write_bytes(b"")
    (folder / "zzz.csv").write_text("wavelength,flux\n" + "".join(f"{5000 + i},1\n" for i in range(50)))
    return folder


@pytest.fixture
def many_processes(monkeypatch):
    """Make a few dozen files enough for several processes and several portions."""
    monkeypatch.setattr(supply_module, "FEWEST_FILES", 2)
    monkeypatch.setattr(portion_module, "MOST_FILES", 7)


def recipe(*steps) -> Recipe:
    return Recipe.from_json({"schema": 1, "steps": [WINDOW, *steps]})


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_rows_come_in_the_order_of_reading_and_know_where_they_came_from(folder, tmp_path):
    result = prepare(folder, Recipe.from_json(RECIPE), tmp_path / "set.parquet")
    features = FeatureSet.open(result.path)
    read = [s for s in iter_spectra(folder, rejected=lambda _: None) if s.wavelength[0] > 6000]
    assert result.rows == features.rows == 117
    assert features.names() == [s.meta.name for s in read]
    for row in (0, 50, 116):
        again = original(features.source(row))
        expected = np.interp(features.wavelength, again.wavelength, again.flux)
        expected = 2 * (expected - expected.min()) / np.ptp(expected) - 1
        np.testing.assert_allclose(features.take([row]).flux[0], expected, atol=1e-6)


def test_what_was_left_out_is_listed_with_the_reason_beside_the_set(folder, tmp_path):
    result = prepare(folder, Recipe.from_json(RECIPE), tmp_path / "set.parquet")
    listed = rows_of(tmp_path / "rejected.csv")
    assert {Path(row["source"]).name for row in listed} == {"aaa.fits", "mmm.fits", "zzz.csv"}
    assert [(r.source, r.reason) for r in result.rejected] == [(r["source"], r["reason"]) for r in listed]
    assert result.rejected_count == 3
    assert "5000.00" in next(r["reason"] for r in listed if r["source"].endswith("zzz.csv"))


@pytest.mark.usefixtures("many_processes")
def test_several_processes_make_the_very_same_set(folder, tmp_path):
    sets = []
    for workers in (1, 2, 3):
        out = tmp_path / str(workers)
        result = prepare(folder, Recipe.from_json(RECIPE), out / "set.parquet", workers=workers)
        sets.append((FeatureSet.open(result.path), result.rejected))
    first, rejected = sets[0]
    for features, left_out in sets[1:]:
        np.testing.assert_array_equal(features.matrix(), first.matrix())
        assert features.names() == first.names()
        assert [features.source(i) for i in (0, 60)] == [first.source(i) for i in (0, 60)]
        assert left_out == rejected


def test_rows_keep_the_hash_of_their_file_where_it_is_asked_for(folder, tmp_path):
    plain = prepare(folder, Recipe.from_json(RECIPE), tmp_path / "plain.parquet")
    hashed = prepare(folder, Recipe.from_json(RECIPE), tmp_path / "hashed.parquet", hashing=True)
    assert FeatureSet.open(plain.path).source(3).sha256 is None
    source = FeatureSet.open(hashed.path).source(3)
    assert source.sha256 == hashlib.sha256(Path(source.path).read_bytes()).hexdigest()


def test_cutting_while_reading_changes_nothing(folder, tmp_path, monkeypatch):
    steps = [{"step": "air_to_vacuum"}, {"step": "cutout", "minimum": 6500.0, "maximum": 6750.0}]
    for method in ("linear", "flux-conserving"):
        made = Recipe.from_json({"schema": 1, "steps": [*steps, {**WINDOW, "method": method}]})
        quick = prepare(folder, made, tmp_path / "quick" / "x")
        with monkeypatch.context() as patch:
            patch.setattr(Recipe, "flux_window", None)
            whole = prepare(folder, made, tmp_path / "whole" / "x")
        one, other = FeatureSet.open(quick.path), FeatureSet.open(whole.path)
        np.testing.assert_array_equal(one.matrix(), other.matrix())
        assert (one.names(), one.labels(), one.groups()) == (other.names(), other.labels(), other.groups())
        assert quick.rejected == whole.rejected


def test_a_folder_of_more_names_than_are_kept_is_walked_again(folder, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(supply_module, "NAMES_KEPT", 11)
    result = prepare(
        folder,
        Recipe.from_json(RECIPE),
        tmp_path / "set.parquet",
        progress=lambda *step: told.append(step[:2]),
    )
    assert told[-1] == (120, 120)
    read = [s.meta.name for s in iter_spectra(folder, rejected=lambda _: None) if s.wavelength[0] > 6000]
    assert FeatureSet.open(result.path).names() == read


@pytest.mark.usefixtures("many_processes")
def test_a_large_file_takes_its_turn_in_the_main_process(folder, tmp_path, monkeypatch):
    expected = FeatureSet.open(
        prepare(folder, Recipe.from_json(RECIPE), tmp_path / "a" / "x", workers=1).path
    )
    monkeypatch.setattr(portion_module, "MOST_BYTES", 14_000)
    larger = folder / "below" / "nnn.npz"
    spectra = list(generate(40, seed=9))
    np.savez(larger, wavelength=spectra[0].wavelength, flux=np.array([s.flux for s in spectra]))
    try:
        result = prepare(folder, Recipe.from_json(RECIPE), tmp_path / "b" / "x", workers=2)
    finally:
        larger.unlink()
    features = FeatureSet.open(result.path)
    assert features.rows == 157
    names = [name for name in features.names() if "nnn" not in name]
    assert names == expected.names()
    inside = [i for i in range(157) if "nnn" in features.source(i).path]
    assert inside == list(range(inside[0], inside[0] + 40))
    np.testing.assert_array_equal(np.delete(features.matrix(), inside, axis=0), expected.matrix())


def test_a_manifest_picks_and_labels_spectra(folder, tmp_path):
    manifest = tmp_path / "manifest.csv"
    chosen = ["synthetic-000007.fits", "below/synthetic-000041.fits", "aaa.fits"]
    manifest.write_text("path,label,group\n" + "".join(f"{path},Be,star\n" for path in chosen))
    result = prepare(folder, Recipe.from_json(RECIPE), tmp_path / "o" / "set.parquet", manifest=manifest)
    features = FeatureSet.open(result.path)
    assert features.labels() == ["Be", "Be"]
    assert features.groups() == ["star", "star"]
    assert [Path(r.source).name for r in result.rejected] == ["aaa.fits"]
    manifest.write_text("path\nmissing.fits\n")
    with pytest.raises(UnreadableSpectrum, match=r"missing\.fits"):
        prepare(folder, Recipe.from_json(RECIPE), tmp_path / "o" / "set.parquet", manifest=manifest)


def test_an_archive_is_prepared_like_its_folder(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        for path in sorted(folder.rglob("synthetic-*.fits")):
            archive.write(path, path.relative_to(folder))
    packed = FeatureSet.open(
        prepare(tmp_path / "data.zip", Recipe.from_json(RECIPE), tmp_path / "a" / "x").path
    )
    loose = FeatureSet.open(prepare(folder, Recipe.from_json(RECIPE), tmp_path / "b" / "x").path)
    assert sorted(packed.names()) == sorted(loose.names())
    assert (
        packed.source(0).path.endswith(f"data.zip!/{packed.names()[0]}.fits") or "!/" in packed.source(0).path
    )


@pytest.mark.usefixtures("many_processes")
def test_steps_that_learn_learn_from_all_and_the_set_carries_what_they_learned(folder, tmp_path):
    made = recipe({"step": "standardise"}, {"step": "pca", "components": 4, "whiten": True})
    result = prepare(folder, made, tmp_path / "set.parquet", workers=2)
    features = FeatureSet.open(result.path)
    assert made.fitted
    np.testing.assert_allclose(features.matrix().std(axis=0, ddof=1), 1.0, rtol=1e-4)
    again = list(features.recipe.prepare(iter_spectra(folder, rejected=lambda _: None), lambda _: None))
    np.testing.assert_array_equal(again[0].flux, features.matrix())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["rejected.csv", "set.parquet"]


def test_a_step_that_cannot_learn_says_so_and_leaves_no_set(folder, tmp_path):
    with pytest.raises(RecipeError, match="at least two classes"):
        prepare(folder, recipe({"step": "feature_selection"}), tmp_path / "set.parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["rejected.csv"]


def test_all_rejected_is_an_error_that_gives_the_first_reasons(folder, tmp_path):
    far = Recipe.from_json({"steps": [{**WINDOW, "minimum": 9000.0, "maximum": 9100.0}]})
    with pytest.raises(NothingPrepared, match=r"none of the 120 spectra .*aaa\.fits.*rejected\.csv"):
        prepare(folder, far, tmp_path / "set.parquet")
    assert len(rows_of(tmp_path / "rejected.csv")) == 120
    assert not (tmp_path / "set.parquet").exists()


def test_a_source_that_is_empty_or_not_there_is_rejected(tmp_path):
    (tmp_path / "empty").mkdir()
    for source, words in (("empty", "no spectra"), ("missing", "no such file")):
        with pytest.raises(UnreadableSpectrum, match=words):
            prepare(tmp_path / source, Recipe.from_json(RECIPE), tmp_path / "out" / "set.parquet")


@pytest.mark.usefixtures("many_processes")
def test_progress_is_told_and_can_stop_the_work(folder, tmp_path):
    told = []
    prepare(
        folder,
        Recipe.from_json(RECIPE),
        tmp_path / "a" / "set.parquet",
        workers=2,
        progress=lambda *step: told.append(step),
    )
    assert told[0][:2] == (0, 120)
    assert told[-1][:2] == (120, 120)
    assert [step[0] for step in told] == sorted(step[0] for step in told)

    def stop(done: int, total: int | None, message: str) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(folder, Recipe.from_json(RECIPE), tmp_path / "b" / "set.parquet", workers=2, progress=stop)
    assert [p.name for p in (tmp_path / "b").iterdir()] == ["rejected.csv"]


class KilledHere(Recipe):
    """A recipe whose other processes are killed, as the kernel does when memory runs out."""

    def prepare(self, spectra, rejected=None, chunk=2048):
        if multiprocessing.parent_process() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        yield from super().prepare(spectra, rejected, chunk)


@pytest.mark.usefixtures("many_processes")
def test_a_killed_process_is_an_error_that_says_so(folder, tmp_path):
    with pytest.raises(RuntimeError, match="killed, most likely for lack of memory"):
        prepare(folder, KilledHere(Recipe.from_json(RECIPE).steps), tmp_path / "set.parquet", workers=2)
    assert [p.name for p in tmp_path.iterdir()] == ["rejected.csv"]


def test_real_spectra_come_out_as_the_straightforward_way_has_them(data_folder, tmp_path):
    files = sorted((data_folder / "lamost").rglob("spec-*.fits*"))[::5]
    files += sorted((data_folder / "stelib").glob("*.fits.gz"))[::5]
    (tmp_path / "files").mkdir()
    for path in files:
        shutil.copy(path, tmp_path / "files" / path.name)
    result = prepare(tmp_path / "files", Recipe.from_json(WINDOW_ONLY), tmp_path / "out" / "set.parquet")
    features = FeatureSet.open(result.path)
    assert not result.rejected
    np.testing.assert_array_equal(features.wavelength, GRID)
    expected = straightforward(tmp_path / "files")
    np.testing.assert_allclose(features.matrix(), expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())
