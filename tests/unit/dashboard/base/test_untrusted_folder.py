"""Reading a folder that a hostile program wrote."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard.base.untrusted_folder import ConfinedFolder, NotConfined


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    out = tmp_path / "out"
    (out / "report").mkdir(parents=True)
    (out / "report" / "a.json").write_text('{"a": 1}')
    (tmp_path / "secret.json").write_text('{"secret": 1}')
    return out


@pytest.mark.parametrize("path", ["../secret.json", "report/../../secret.json", "/etc/passwd", "", "a\0b"])
def test_a_path_out_of_the_folder_is_rejected(folder: Path, path: str) -> None:
    with pytest.raises(NotConfined):
        ConfinedFolder(folder).open(path)


def test_a_folder_that_was_exchanged_for_a_link_holds_nothing(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    (folder.parent / "elsewhere" / "secret.json").write_text("{}")
    folder.rename(folder.parent / "before")
    folder.symlink_to(folder.parent / "elsewhere")
    confined = ConfinedFolder(folder)
    with pytest.raises(NotConfined, match="a folder that is a link"):
        confined.open("secret.json")
    assert list(confined.files()) == []


def test_a_link_is_not_followed_as_file_or_folder(folder: Path) -> None:
    (folder / "link.json").symlink_to(folder.parent / "secret.json")
    (folder / "up").symlink_to(folder.parent)
    confined = ConfinedFolder(folder)
    for path in ("link.json", "up/secret.json"):
        with pytest.raises(NotConfined):
            confined.open(path)
        assert confined.size(path) is None
        with pytest.raises(ValueError, match="link"):
            confined.json(path)
    assert [file.path for file in confined.files()] == ["report/a.json"]
    assert list(confined.files("up")) == []


def test_a_pipe_does_not_keep_us_waiting(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(NotConfined, match="not a regular file"):
        ConfinedFolder(folder).open("pipe")


def test_a_file_is_read_up_to_a_limit(folder: Path) -> None:
    confined = ConfinedFolder(folder)
    (folder / "long").write_bytes(b"0123456789")
    assert confined.read("long", 4, 3) == b"3456"
    assert confined.size("long") == 10
    with pytest.raises(ValueError, match="larger than 4 bytes"):
        confined.json("long", 4)


def test_json_is_an_object_or_nothing_or_an_error_with_the_files_name(folder: Path) -> None:
    confined = ConfinedFolder(folder)
    assert confined.json("report/a.json") == {"a": 1}
    assert confined.json("none.json") is None
    (folder / "nan.json").write_text('{"a": NaN, "b": [-Infinity, 1e999, 1.5]}')
    assert confined.json("nan.json") == {"a": None, "b": [None, None, 1.5]}
    for content in ("[1]", "{", "[" * 100_000):
        (folder / "bad.json").write_text(content)
        with pytest.raises(ValueError, match=r"bad\.json"):
            confined.json("bad.json")


def test_no_descriptor_is_left_open(folder: Path) -> None:
    confined = ConfinedFolder(folder)
    (folder / "link").symlink_to("report/a.json")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("report/a.json", "link", "report/none", "report", "../x"):
        confined.size(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
