from pathlib import Path

import h5py
import numpy as np
import pytest

from spectra import FeatureSet, FeatureSetError, export_features, import_features
from spectra.air import air_to_vacuum
from spectra.features.text import read_csv, write_csv
from tests.unit.spectra.features.test_feature_set import GRID, batch, write


@pytest.fixture
def features(tmp_path) -> FeatureSet:
    return write(tmp_path / "set.parquet", batch(50))


def imported(path: Path, **options) -> FeatureSet:
    return import_features(path, path.with_suffix(".made.parquet"), **options)


@pytest.mark.parametrize("ending", [".csv", ".h5", ".hdf5", ".npz"])
def test_what_is_exported_comes_back_the_same(tmp_path, features, ending):
    export_features(features, tmp_path / f"table{ending}")
    again = imported(tmp_path / f"table{ending}")
    np.testing.assert_array_equal(again.matrix(), features.matrix())
    np.testing.assert_array_equal(again.wavelength, features.wavelength)
    assert again.names() == features.names()
    assert again.labels() == features.labels()
    if ending != ".csv":
        assert again.groups() == features.groups()


@pytest.mark.parametrize("ending", [".h5", ".npz"])
def test_being_synthetic_is_not_lost(tmp_path, ending):
    features = write(tmp_path / "set.parquet", batch(5), synthetic=True)
    export_features(features, tmp_path / f"table{ending}")
    assert imported(tmp_path / f"table{ending}").synthetic


@pytest.mark.parametrize("ending", [".csv", ".h5", ".npz"])
def test_wavelengths_in_air_are_converted_and_the_flux_is_not_touched(tmp_path, features, ending):
    export_features(features, tmp_path / f"table{ending}")
    again = imported(tmp_path / f"table{ending}", frame="air")
    np.testing.assert_allclose(again.wavelength, air_to_vacuum(GRID), rtol=1e-12)
    np.testing.assert_array_equal(again.matrix(), features.matrix())


def test_endings_and_frames_that_are_not_known_are_rejected(tmp_path, features):
    for work in (
        lambda: imported(tmp_path / "x.xlsx"),
        lambda: export_features(features, tmp_path / "x.fits"),
    ):
        with pytest.raises(FeatureSetError, match=r"\.csv"):
            work()
    with pytest.raises(FeatureSetError, match="air or vacuum"):
        imported(tmp_path / "x.csv", frame="water")


# CSV


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_vo_clouds_preprocessing_table_is_read(tmp_path):
    path = table(tmp_path, "id,6519.0,6520.5,6522.0,class\nab12,1,2.5,3e0,1\nab13,4,5,6,3\n")
    features = imported(path)
    assert features.names() == ["ab12", "ab13"]
    assert features.labels() == ["1", "3"]
    np.testing.assert_array_equal(features.wavelength, [6519.0, 6520.5, 6522.0])
    np.testing.assert_array_equal(features.matrix(), [[1, 2.5, 3], [4, 5, 6]])
    assert features.source(1).path == str(path)
    assert features.source(1).row == 1


def test_vo_clouds_training_set_is_read(tmp_path):
    features = imported(table(tmp_path, "id,label,6519.0,6520.5\na,single peak,1,2\nb,?,3,4\n"))
    assert features.labels() == ["single peak", None]
    np.testing.assert_array_equal(features.matrix(), [[1, 2], [3, 4]])


def test_the_table_of_its_forest_has_no_header_and_the_first_spectrum_is_not_lost(tmp_path):
    features = imported(table(tmp_path, "1.5, 2, 3, Be\n4, 5, 6, B\n"))
    assert features.labels() == ["Be", "B"]
    assert features.wavelength is None
    np.testing.assert_array_equal(features.matrix(), [[1.5, 2, 3], [4, 5, 6]])


def test_the_table_of_its_map_is_numbers_between_blanks(tmp_path):
    features = imported(table(tmp_path, "1 2  3\n4 5 6\n"))
    assert features.labels() == [None, None]
    np.testing.assert_array_equal(features.matrix(), [[1, 2, 3], [4, 5, 6]])


def test_classes_that_are_numbers_are_classes_when_said_so(tmp_path):
    path = table(tmp_path, "1,2,0\n4,5,1\n")
    assert imported(path).columns == 3
    features = read_csv(path, tmp_path / "out.parquet", last_is_class=True)
    assert (features.columns, features.labels()) == (2, ["0", "1"])


def test_a_header_of_wavelengths_alone_is_one_when_said_so(tmp_path):
    path = table(tmp_path, "6519,6520\n1,2\n")
    assert imported(path).rows == 2
    features = read_csv(path, tmp_path / "out.parquet", header=True)
    assert features.rows == 1
    np.testing.assert_array_equal(features.wavelength, [6519.0, 6520.0])


def test_columns_that_are_named_or_merely_numbered_are_no_wavelengths(tmp_path):
    assert imported(table(tmp_path, "id,pca0,pca1\na,1,2\n")).column_names == ("pca0", "pca1")
    assert imported(table(tmp_path, "id,1,2\na,1,2\n")).wavelength is None


def test_the_dialect_without_header_is_written_and_read_back(tmp_path, features):
    write_csv(features, tmp_path / "plain.csv", header=False)
    first = (tmp_path / "plain.csv").read_text().splitlines()[2].split(",")
    assert len(first) == 15
    assert first[-1] == "?"
    again = read_csv(tmp_path / "plain.csv", tmp_path / "out.parquet", header=False, last_is_class=True)
    np.testing.assert_array_equal(again.matrix(), features.matrix())
    assert again.labels() == features.labels()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("id,6500,6501,class\n", "no rows"),
        ("id,class\na,b\n", "names no features"),
        ("id,6500,6501\na,1,2\nb,1\n", "row 2 has 2 columns, the first line 3"),
        ("id,6500,6501\na,1,two\n", "row 1: 'two' is no number"),
        ("id,6500,6501\na,1,?\n", "row 1: '\\?' is no number"),
        ("1,2\n3,nan\n", "row 2 holds a value that is not finite"),
        ("1,2\n3,1e300\n", "row 2 holds a value that is not finite, or too large"),
        ("1," * 100_001, "at most 100000"),
        ("1," + "2" * 300_000, "field larger"),
    ],
)
def test_a_table_that_is_nonsense_is_rejected_with_the_line(tmp_path, text, words):
    with pytest.raises(FeatureSetError, match=words):
        imported(table(tmp_path, text))
    assert not (tmp_path / "table.made.parquet").exists()


def test_bytes_that_are_no_text_are_rejected(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(FeatureSetError, match="cannot be read as CSV"):
        imported(tmp_path / "x.csv")


# HDF5 and NPZ


def hdf5(path: Path, **datasets) -> Path:
    with h5py.File(path, "w") as file:
        for name, value in datasets.items():
            file[name] = value
    return path


def npz(path: Path, **arrays) -> Path:
    np.savez(path, **arrays)
    return path


NONSENSE = [
    ({"wavelength": np.arange(3.0)}, "no (dataset|array) features"),
    ({"features": np.ones(3)}, "no matrix of numbers"),
    ({"features": np.ones((0, 3))}, "no matrix of numbers"),
    ({"features": np.ones((2, 3)), "wavelength": np.arange(1.0, 3.0)}, "3 wavelength are needed, it has 2"),
    ({"features": np.ones((2, 3)), "wavelength": np.array([3.0, 2.0, 1.0])}, "ascending"),
    ({"features": np.ones((2, 3)), "wavelength": np.array([1.0, np.nan, 3.0])}, "ascending"),
    ({"features": np.ones((2, 3)), "labels": np.arange(5)}, "2 labels are needed, it has 5"),
    ({"features": np.array([[1.0, np.inf], [1.0, 2.0]])}, "row 0 .* not finite"),
    ({"features": np.ones((2, 3)), "labels": np.ones(2)}, "labels"),
]


@pytest.mark.parametrize(("content", "words"), NONSENSE)
@pytest.mark.parametrize(("ending", "make"), [(".h5", hdf5), (".npz", npz)])
def test_datasets_that_do_not_fit_together_are_rejected(tmp_path, ending, make, content, words):
    with pytest.raises(FeatureSetError, match=words):
        imported(make(tmp_path / f"x{ending}", **content))
    assert not (tmp_path / "x.made.parquet").exists()


@pytest.mark.parametrize("ending", [".h5", ".npz"])
def test_files_that_are_something_else_are_rejected(tmp_path, ending):
    (tmp_path / f"x{ending}").write_bytes(b"something else")
    with pytest.raises(FeatureSetError, match=r"cannot be read as HDF5|NumPy archive"):
        imported(tmp_path / f"x{ending}")


def test_integer_labels_become_names_of_classes(tmp_path):
    for path in (
        hdf5(tmp_path / "a.h5", features=np.ones((2, 3)), labels=np.array([0, 3])),
        npz(tmp_path / "b.npz", features=np.ones((2, 3)), labels=np.array([0, 3])),
    ):
        assert imported(path).labels() == ["0", "3"]


def test_hdf5_links_to_other_files_are_not_followed(tmp_path):
    secret = hdf5(tmp_path / "secret.h5", features=np.ones((2, 3)))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["features"] = h5py.ExternalLink(str(secret), "features")
    with pytest.raises(FeatureSetError, match="link"):
        imported(tmp_path / "x.h5")
    layout = h5py.VirtualLayout((2, 3), dtype="f8")
    layout[:] = h5py.VirtualSource(str(secret), "features", (2, 3))
    with h5py.File(tmp_path / "y.h5", "w") as file:
        file.create_virtual_dataset("features", layout)
    with pytest.raises(FeatureSetError, match="other files"):
        imported(tmp_path / "y.h5")
    (tmp_path / "raw").write_bytes(bytes(48))
    with h5py.File(tmp_path / "z.h5", "w") as file:
        file.create_dataset("features", (2, 3), "f8", external=[(str(tmp_path / "raw"), 0, 48)])
    with pytest.raises(FeatureSetError, match="other files"):
        imported(tmp_path / "z.h5")


def test_an_hdf5_file_that_promises_more_than_it_stores_is_rejected(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("features", (10**9, 100), "f4", chunks=(1000, 100))
    with pytest.raises(FeatureSetError, match="promises"):
        imported(tmp_path / "x.h5")
