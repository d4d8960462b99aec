"""What is prepared in parts and joined is what one run would have made, to the byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from spectra import NothingPrepared, NotInParts, Part, Recipe, join_parts, prepare, prepare_part
from spectra.synthetic import write_folder

GRID = {"minimum": 6520.0, "maximum": 6732.0}
PLAIN: list[dict[str, Any]] = [
    {"step": "cutout", **GRID},
    {"step": "resample", **GRID, "points": 140, "method": "linear"},
    {"step": "scale", "method": "minmax"},
]
LEARNING = [*PLAIN, {"step": "standardise"}, {"step": "pca", "components": 4}]
CHOOSING = [*PLAIN, {"step": "feature_selection", "percentile": 20.0}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("spectra")
    write_folder(place, 61, seed=4)
    for name in ("a-broken.fits", "m-broken.fits"):
        (place / name).write_bytes(b"SIMPLE  =                    T")
        with (place / "labels.csv").open("a") as labels:
            labels.write(f"{name},{name},other,\n")
    return place


def recipe(steps: list[dict[str, Any]]) -> Recipe:
    return Recipe.from_json({"schema": 1, "steps": steps})


def in_parts(folder: Path, steps: list[dict[str, Any]], out: Path, count: int) -> Recipe:
    places = [out / f"part-{number}" for number in range(count)]
    for number in reversed(range(count)):  # the order is independent of which part is first
        part = Part(number, count)
        prepare_part(folder, recipe(steps), places[number], part, manifest=folder / "labels.csv")
    joined = recipe(steps)
    join_parts(places, folder, joined, out / "features.parquet")
    return joined


@pytest.mark.parametrize("steps", [PLAIN, LEARNING, CHOOSING], ids=["plain", "learning", "choosing"])
@pytest.mark.parametrize("count", [1, 3, 100])
def test_the_joined_feature_set_is_that_of_one_run(
    folder: Path, tmp_path: Path, steps: list[dict[str, Any]], count: int
) -> None:
    one = recipe(steps)
    prepare(folder, one, tmp_path / "one" / "features.parquet", manifest=folder / "labels.csv")
    joined = in_parts(folder, steps, tmp_path / "parts", count)
    for name in ("features.parquet", "rejected.csv"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "one" / name).read_bytes(), name
    assert {name: array.tobytes() for name, array in joined.state().items()} == {
        name: array.tobytes() for name, array in one.state().items()
    }


def test_row_groups_are_cut_alike_however_the_rows_came(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spectra.features.writer.GROUP_BYTES", 4 * 140 * 7)
    monkeypatch.setattr("spectra.features.writer.FEWEST_ROWS", 7)
    prepare(folder, recipe(PLAIN), tmp_path / "one" / "features.parquet", manifest=folder / "labels.csv")
    in_parts(folder, PLAIN, tmp_path / "parts", 4)
    one, parts = (pq.ParquetFile(tmp_path / name / "features.parquet") for name in ("one", "parts"))
    groups = [
        [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)] for file in (one, parts)
    ]
    assert groups == [[7] * 8 + [5]] * 2
    assert one.read().to_pylist() == parts.read().to_pylist()
    assert one.schema_arrow.equals(parts.schema_arrow, check_metadata=True)


def test_parts_have_every_file_once_and_in_order() -> None:
    for total, count in ((0, 3), (2, 5), (61, 4), (10**6, 999)):
        shares = [Part(number, count).share(total) for number in range(count)]
        assert [index for share in shares for index in share] == list(range(total))


@pytest.mark.parametrize(("number", "count"), [(-1, 2), (2, 2), (0, 0)])
def test_a_part_that_does_not_exist_is_none(number: int, count: int) -> None:
    with pytest.raises(ValueError, match="there is no part"):
        Part(number, count)


def test_without_a_common_grid_it_cannot_be_prepared_in_parts(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(NotInParts, match="no step resample"):
        prepare_part(folder, recipe(PLAIN[:1]), tmp_path, Part(0, 2))


def test_a_single_file_cannot_be_prepared_in_parts(folder: Path, tmp_path: Path) -> None:
    one = next(path for path in sorted(folder.iterdir()) if "broken" not in path.name)
    with pytest.raises(NotInParts, match="is one file"):
        prepare_part(one, recipe(PLAIN), tmp_path, Part(0, 2))


def test_parts_without_a_single_spectrum_are_told_as_one_run_is(folder: Path, tmp_path: Path) -> None:
    elsewhere = [{"step": "cutout", "minimum": 20000.0, "maximum": 20100.0},
                 {"step": "resample", "minimum": 20000.0, "maximum": 20100.0, "points": 10}]  # fmt: skip
    labels = folder / "labels.csv"
    with pytest.raises(NothingPrepared) as one:
        prepare(folder, recipe(elsewhere), tmp_path / "one" / "features.parquet", manifest=labels)
    with pytest.raises(NothingPrepared) as parts:
        in_parts(folder, elsewhere, tmp_path / "parts", 3)
    assert str(parts.value) == str(one.value)
