from __future__ import annotations

import pytest

from dashboard.base.errors import Invalid
from dashboard.data.companion_files import is_beside
from dashboard.data.ingest.path import upload_path


@pytest.mark.parametrize("path", ["a.fits", "a b/ç.fits", "x" * 255, "/".join(["d"] * 20), "a!b/c.zip"])
def test_an_ordinary_path_is_taken_as_it_is(path: str) -> None:
    assert upload_path(path) == path


def test_two_ways_to_write_one_name_are_one_file() -> None:
    assert upload_path("e\u0301.fits") == upload_path("\u00e9.fits")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "no name"),
        ("../x", "'..'"),
        ("a/../../x", "'..'"),
        ("a/./x", "'.'"),
        ("/etc/passwd", "absolute"),
        ("C:/x", "absolute"),
        ("a\\..\\x", "backslash"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("a\u202eb", "control"),
        ("\ud800", "control"),
        ("a//b", "empty part"),
        ("a/", "empty part"),
        (".profile", "hidden"),
        ("a/.git/config", "hidden"),
        ("a.zip!/x", "archives"),
        ("é" * 128, "255 bytes"),
        ("/".join(["d"] * 21), "deep"),
        ("a/" * 501 + "b", "characters"),
    ],
)
def test_a_hostile_path_is_rejected_with_the_reason(path: str, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        upload_path(path)
    assert reason in caught.value.detail
    assert caught.value.errors[0].field == "path"


def test_labels_and_readme_lie_beside_the_spectra() -> None:
    assert [is_beside(path) for path in ("a/Labels.csv", "README.md", "LICENSE", "a/labels.fits")] == [
        True,
        True,
        True,
        False,
    ]
