from __future__ import annotations

import gc
import time
from dataclasses import replace

import pytest

from dashboard.base.errors import Invalid
from dashboard.data.dataset import SpectrumRow
from dashboard.data.ingest.label_table import read_labels, reject_unknown

MATRIX = [("m.npz", 0), ("m.npz", 1), ("n.npz", 0), ("n.npz", 1), ("n.npz", None)]


def row(number: int, path: str, name: str = "", hdu: int | None = None, at: int | None = None) -> SpectrumRow:
    return SpectrumRow(number, name, "old", "g", path, hdu, at, None, None, None, None, "")


@pytest.mark.parametrize(
    "called",
    ["top/a/x.fits.gz", "a/x.fits.gz", "x.fits.gz", "x.fits", "x", "a\\x.fits", "./a/x.fits"],
)
def test_a_spectrum_is_found_by_its_path_from_the_end_with_and_without_endings(called: str) -> None:
    labels = read_labels(f"path,label\n{called},K\n")
    assert labels.changes([row(3, "top/a/x.fits.gz")]) == [(3, "K", "g", None)]
    assert labels.unknown() == []


def test_the_same_name_in_two_folders_is_told_apart_by_the_folder() -> None:
    labels = read_labels("file,class\na/x.fits,K\nb/x.fits,M\n")
    found = labels.changes([row(0, "d/a/x.fits"), row(1, "d/b/x.fits")])
    assert [change[1] for change in found] == ["K", "M"]


def test_members_of_archives_are_found_too() -> None:
    labels = read_labels("file,label\nin/x.fits,K\n")
    assert labels.changes([row(0, "z.zip!/in/x.fits")])


def test_paths_of_a_table_among_the_files_are_relative_to_it() -> None:
    labels = read_labels("file,cls\nx/1.fits,STAR\n", "lamost")
    assert labels.changes([row(0, "lamost/x/1.fits"), row(1, "sdss/x/1.fits")]) == [(0, "STAR", "g", None)]


def test_hdu_and_row_pick_one_spectrum_of_a_file() -> None:
    labels = read_labels("path,row,label\nm.npz,1,K\nm.npz,2,M\n")
    found = labels.changes([row(n, "m.npz", at=n) for n in range(3)])
    assert found == [(1, "K", "g", None), (2, "M", "g", None)]


def test_a_table_of_rows_alone_means_the_rows_of_a_matrix() -> None:
    labels = read_labels("row,type\n0,Ia\n1,II\n")
    assert labels.changes([row(7, "m.npz", at=1)]) == [(7, "II", "g", None)]


def test_a_row_of_something_else_does_not_hinder_a_file_of_one_spectrum() -> None:
    labels = read_labels("row,name,mk_class,fits\n5,HD1,K,m1.fits.gz\n")
    assert labels.changes([row(0, "miles/m1.fits.gz")]) == [(0, "K", "g", None)]


def test_the_instrument_of_a_table_is_kept_and_an_empty_cell_keeps_the_one_before() -> None:
    labels = read_labels("name,label,Survey\nHD1,K,LAMOST\nHD2,M,\n")
    known = replace(row(1, "b", "HD2"), instrument="SDSS")
    assert [change[3] for change in labels.changes([row(0, "a", "HD1"), known])] == ["LAMOST", "SDSS"]
    assert labels.columns.to_json()["instrument"] == "Survey"


def test_an_empty_cell_leaves_things_as_they_are() -> None:
    labels = read_labels("name;label;group\nHD1;;star 1\nHD2;M;\n")
    assert labels.changes([row(0, "a", "HD1"), row(1, "b", "HD2")]) == [
        (0, "old", "star 1", None),
        (1, "M", "g", None),
    ]


def test_names_that_are_not_there_are_counted_and_the_first_are_named() -> None:
    labels = read_labels("name,label\n" + "".join(f"nobody{n},K\n" for n in range(30)) + "HD1,M\n")
    labels.changes([row(0, "a", "HD1")])
    with pytest.raises(Invalid) as caught:
        reject_unknown(labels)
    assert "30 of 31" in caught.value.detail
    assert "nobody0" in caught.value.detail
    assert len(caught.value.errors) == 20


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("", "no column names the spectrum"),
        ("name\nx\n", "no column has the class"),
        ("a,label\n1,K\n", "no column names the spectrum"),
        ("name,label\n", "no lines"),
        ("name,label\nx," + "K" * 501 + "\n", "line 2"),
    ],
)
def test_a_table_that_is_none_is_rejected_with_the_reason(table: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        read_labels(table)


def test_a_text_that_is_no_table_is_not_repeated() -> None:
    with pytest.raises(Invalid) as caught:
        read_labels("root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1\n")
    assert "root:x" not in caught.value.detail
    with pytest.raises(Invalid, match="flux, sharpness"):
        read_labels("flux,sharpness\n1,2\n")


def test_lines_with_and_without_rows_of_one_file_are_told_apart() -> None:
    labels = read_labels("path,row,label\nm.npz,,A\nm.npz,1,B\nn.npz,0,C\nn.npz,1,D\nn.npz,1,E\n")
    spectra = [row(n, path, at=at) for n, (path, at) in enumerate(MATRIX)]
    assert [label for _, label, *_ in labels.changes(spectra)] == ["A", "A", "C", "E", "E"]
    assert labels.unknown() == []


def test_a_file_that_many_lines_name_is_looked_through_once() -> None:
    text = "path,label\n" + "m.npz,A\n" * 20_000
    labels = read_labels(text)
    spectra = [row(number, "m.npz", at=number) for number in range(20_000)]
    began = time.process_time()
    assert len(labels.changes(spectra)) == 20_000
    assert time.process_time() - began < 10  # 4e8 comparisons take minutes


def test_a_table_makes_no_object_a_line_that_the_garbage_collector_would_follow() -> None:
    text = "path,hdu,label,group\n" + "".join(f"f/{n}.fits,1,A,g{n}\n" for n in range(5000))
    gc.collect()
    before = len(gc.get_objects())
    labels = read_labels(text)
    gc.collect()
    assert len(gc.get_objects()) - before < 1000
    assert len(labels.lines) == 5000
