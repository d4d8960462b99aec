"""Where on the sky a spectrum is goes with it through a recipe and a feature set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spectra import (
    Batch,
    FeatureSet,
    FeatureSetError,
    FeatureSetWriter,
    Recipe,
    Source,
    Spectrum,
    SpectrumMeta,
)

GRID = np.linspace(6500.0, 6600.0, 30)
RECIPE = {"schema": 1, "steps": [{"step": "resample", "minimum": 6510.0, "maximum": 6590.0, "points": 8}]}


def spectrum(number: int, ra: float | None, dec: float | None) -> Spectrum:
    meta = SpectrumMeta(f"s{number}", ra=ra, dec=dec, source=Source(f"{number}.fits"))
    return Spectrum(GRID, np.ones(30) + number, meta=meta)


def write(path: Path, batch: Batch) -> FeatureSet:
    with FeatureSetWriter(path, wavelength=batch.wavelength) as writer:
        writer.write(batch)
    return FeatureSet.open(path)


def test_positions_survive_recipe_file_selection_and_another_recipe(tmp_path: Path) -> None:
    raw = [spectrum(0, 10.5, -3.25), spectrum(1, None, None), spectrum(2, 350.0, 89.0)]
    [batch] = Recipe.from_json(RECIPE).prepare(raw)
    features = write(tmp_path / "f.parquet", batch)
    expected = np.array([[10.5, -3.25], [np.nan, np.nan], [350.0, 89.0]])
    [read] = features.chunks()
    assert read.positions is not None
    np.testing.assert_array_equal(read.positions, expected)
    taken = features.take([2, 0])
    assert taken.positions is not None
    np.testing.assert_array_equal(taken.positions, expected[[2, 0]])
    again = Recipe.from_json({"schema": 1, "steps": [{"step": "scale", "method": "l2"}]}).apply(read)
    assert again.positions is not None
    np.testing.assert_array_equal(again.positions, expected)


def test_where_none_is_known_there_are_none_and_older_sets_are_read(tmp_path: Path) -> None:
    [batch] = Recipe.from_json(RECIPE).prepare([spectrum(0, None, None)])
    assert batch.positions is None
    features = write(tmp_path / "f.parquet", batch)
    assert features.take([0]).positions is None
    table = pq.read_table(tmp_path / "f.parquet")
    pq.write_table(table.drop_columns(["ra", "dec"]), tmp_path / "old.parquet")
    [old] = FeatureSet.open(tmp_path / "old.parquet").chunks()
    assert (old.names, old.positions) == (["s0"], None)


def test_positions_of_another_type_or_shape_are_rejected(tmp_path: Path) -> None:
    [batch] = Recipe.from_json(RECIPE).prepare([spectrum(0, 1.0, 2.0)])
    write(tmp_path / "f.parquet", batch)
    table = pq.read_table(tmp_path / "f.parquet")
    texts = table.set_column(table.schema.get_field_index("ra"), "ra", pa.array(["12h"]))
    pq.write_table(texts, tmp_path / "texts.parquet")
    with pytest.raises(FeatureSetError, match="ra are string"):
        FeatureSet.open(tmp_path / "texts.parquet")
    with pytest.raises(ValueError, match="positions of shape"):
        replace(batch, positions=np.zeros((2, 2)))
