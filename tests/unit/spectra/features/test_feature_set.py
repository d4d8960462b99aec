import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spectra import FeatureSet, FeatureSetError, FeatureSetWriter, Recipe, Source
from spectra.batch import Batch
from spectra.features import writer as writer_module
from tests.unit.spectra.recipe.examples import recipe

GRID = np.linspace(6519.0, 6732.0, 14)


def batch(rows: int, start: int = 0, columns: int = 14) -> Batch:
    numbers = range(start, start + rows)
    random = np.random.default_rng(start)
    return Batch(
        flux=random.normal(size=(rows, columns)).astype(np.float32),
        wavelength=GRID if columns == 14 else None,
        names=[f"n{i}" for i in numbers],
        labels=[("A", "B", None)[i % 3] for i in numbers],
        groups=[f"star{i // 2}" if i % 5 else None for i in numbers],
        sources=[Source(f"f{i}.fits", i % 4 or None, None, "ab" * 32 if i % 2 else None) for i in numbers],
    )


def write(path, *batches: Batch, **options) -> FeatureSet:
    with FeatureSetWriter(path, wavelength=GRID, **options) as writer:
        for one in batches:
            writer.write(one)
    return FeatureSet.open(path)


@pytest.fixture
def parts() -> list[Batch]:
    return [batch(100), batch(1, 100), batch(150, 101)]


@pytest.fixture
def features(tmp_path, parts, monkeypatch) -> FeatureSet:
    monkeypatch.setattr(writer_module, "GROUP_BYTES", 1)  # 64 rows to a group: many groups
    return write(tmp_path / "set.parquet", *parts, recipe=recipe({"step": "scale"}), unit="counts")


def test_everything_that_was_written_is_read_back(features, parts):
    assert (features.rows, features.columns, len(features)) == (251, 14, 251)
    assert features.unit == "counts"
    assert not features.synthetic
    np.testing.assert_array_equal(features.wavelength, GRID)
    np.testing.assert_array_equal(features.matrix(), np.concatenate([p.flux for p in parts]))
    assert features.names() == [n for p in parts for n in p.names]
    assert features.labels() == [n for p in parts for n in p.labels]
    assert features.groups() == [n for p in parts for n in p.groups]
    assert features.recipe.to_json() == recipe({"step": "scale"}).to_json()


@pytest.mark.parametrize("rows", [1, 64, 100, 10_000])
def test_chunks_give_all_rows_in_order(features, parts, rows):
    chunks = list(features.chunks(rows))
    assert all(len(chunk) <= rows for chunk in chunks)
    np.testing.assert_array_equal(np.concatenate([c.flux for c in chunks]), features.matrix())
    assert [s for c in chunks for s in c.sources] == [s for p in parts for s in p.sources]
    assert [label for c in chunks for label in c.labels] == features.labels()
    matrices = list(features.matrices(rows))
    assert all(len(matrix) <= rows for matrix in matrices)
    np.testing.assert_array_equal(np.concatenate(matrices), features.matrix())


def test_rows_are_taken_in_the_order_asked_for_even_twice(features):
    wanted = [250, 0, 63, 64, 64, 129]
    taken = features.take(wanted)
    np.testing.assert_array_equal(taken.flux, features.matrix()[wanted])
    assert taken.names == [f"n{i}" for i in wanted]
    assert taken.sources[0] == Source("f250.fits", 2, None, None)
    assert features.source(63) == Source("f63.fits", 3, None, "ab" * 32)
    assert len(features.take([])) == 0


@pytest.mark.parametrize("row", [-1, 251])
def test_a_row_that_is_not_there_is_an_error(features, row):
    with pytest.raises(IndexError, match="251 rows"):
        features.take([row])


def test_taking_rows_reads_only_the_groups_that_hold_them(features, monkeypatch):
    read = []
    original = pq.ParquetFile.read_row_group
    monkeypatch.setattr(
        pq.ParquetFile, "read_row_group", lambda self, group: read.append(group) or original(self, group)
    )
    features.take([1, 2, 200])
    assert len(read) == 2


def test_labels_may_all_be_unknown(tmp_path):
    one = Batch(np.ones((2, 14), np.float32), GRID, ["a", "b"], [None, None], [None, None], [Source("")] * 2)
    features = write(tmp_path / "set.parquet", one)
    assert features.labels() == [None, None]


def test_the_file_is_the_contracts(features):
    schema = pq.read_schema(features.path)
    assert schema.field("features").type == pa.list_(pa.field("item", pa.float32(), nullable=False), 14)
    names = ["features", "name", "label", "group", "path", "hdu", "row", "sha256", "ra", "dec"]
    names += ["coverage", "sampling", "resolution", "detail", "snr", "instrument"]
    names += ["time", "site_longitude", "site_latitude", "site_altitude", "earth_velocity"]
    names += ["time_system", "time_known_by", "time_middle"]
    assert schema.names == names
    meta = json.loads(schema.metadata[b"huggins"])
    assert meta == {
        "schema": 1,
        "wavelength": GRID.tolist(),
        "columns": None,
        "unit": "counts",
        "recipe": recipe({"step": "scale"}).to_json(),
        "synthetic": False,
    }


def test_what_the_recipe_learned_travels_with_the_set(tmp_path):
    one = batch(100)
    made = recipe({"step": "pca", "components": 3}).fit(one.flux)
    path = tmp_path / "set.parquet"
    with FeatureSetWriter(path, wavelength=None, columns=["PC1", "PC2", "PC3"], recipe=made) as writer:
        writer.write(made.apply(one))
    features = FeatureSet.open(path)
    assert features.column_names == ("PC1", "PC2", "PC3")
    assert features.recipe.fitted
    np.testing.assert_array_equal(features.recipe.apply(one).flux, features.matrix())


def test_a_failure_while_writing_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "set.parquet"
    write(path, batch(3))
    before = path.read_bytes()
    with pytest.raises(FeatureSetError, match="3 features"):
        write(path, batch(2000), batch(2, columns=3))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["set.parquet"]


def test_nothing_written_is_an_error_and_no_file(tmp_path):
    with (
        pytest.raises(FeatureSetError, match="no row"),
        FeatureSetWriter(tmp_path / "x.parquet", wavelength=None),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_rows_of_another_width_are_rejected(tmp_path):
    with pytest.raises(FeatureSetError, match="14 wavelength were given for rows of 3"):
        write(tmp_path / "a.parquet", batch(2, columns=3))
    with pytest.raises(FeatureSetError, match="3 features among rows of 14"):
        write(tmp_path / "b.parquet", batch(2), batch(2, columns=3))


def test_a_batch_whose_parts_have_other_lengths_is_rejected():
    with pytest.raises(ValueError, match="2 rows has 1 names"):
        Batch(np.ones((2, 3), np.float32), None, ["a"], [None] * 2, [None] * 2, [Source("")] * 2)


def parquet(path, table: pa.Table, metadata: dict[bytes, bytes] | None) -> None:
    pq.write_table(table.replace_schema_metadata(metadata), path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t, m: (t, None), "no feature set"),
        (lambda t, m: (t.drop_columns(["features"]), m), "no feature set"),
        (lambda t, m: (t.drop_columns(["sha256"]), m), "no column sha256"),
        (lambda t, m: (t, {b"huggins": b"{"}), "no JSON"),
        (lambda t, m: (t, {b"huggins": b'{"schema": 7}'}), "schema 1"),
        (lambda t, m: (t, {b"huggins": b'{"schema": 1, "wavelength": [1.0]}'}), "14 values"),
        (lambda t, m: (t.set_column(0, "features", pa.array([[1.0]] * 5)), m), "not lists of float32"),
    ],
)
def test_a_parquet_file_that_is_no_feature_set_is_rejected_with_the_reason(tmp_path, change, words):
    features = write(tmp_path / "good.parquet", batch(5))
    table = pq.read_table(features.path)
    parquet(tmp_path / "bad.parquet", *change(table, table.schema.metadata))
    with pytest.raises(FeatureSetError, match=words) as caught:
        FeatureSet.open(tmp_path / "bad.parquet")
    assert "bad.parquet" in str(caught.value)


def test_what_is_no_parquet_is_rejected(tmp_path):
    (tmp_path / "x.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(FeatureSetError, match="cannot be read as Parquet"):
        FeatureSet.open(tmp_path / "x.parquet")
    with pytest.raises(FeatureSetError, match="cannot be read"):
        FeatureSet.open(tmp_path / "missing.parquet")


def test_an_imported_set_has_an_empty_recipe(tmp_path):
    assert write(tmp_path / "set.parquet", batch(2)).recipe.to_json() == Recipe([]).to_json()
