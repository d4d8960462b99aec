"""Folders as archives, to an engine and back."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from launchers.docker.archive import pack, unpack
from launchers.remote.framing import Broken


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "in" / "data").mkdir(parents=True)
    (folder / "in" / "data" / "secret").write_text("of another mount")
    (folder / "out" / "empty").mkdir(parents=True)
    (folder / "job.json").write_text("{}")
    (folder / ("long-" * 40)).write_bytes(bytes(1000))
    (folder / "link").symlink_to("/etc/passwd")
    return folder


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> list[bytes]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    data = buffer.getvalue()
    return [data[n : n + 700] for n in range(0, len(data), 700)]


def test_a_folder_comes_back_as_it_was_without_links_and_what_is_left_out(
    source: Path, tmp_path: Path
) -> None:
    (target := tmp_path / "target").mkdir()
    unpack(iter([*pack(source, "job", 10001, ["in/data"])]), target)
    found = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert found == {"job.json", "long-" * 40}
    assert (target / ("long-" * 40)).stat().st_size == 1000


def test_everything_in_an_archive_belongs_to_who_runs_the_container(source: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(b"".join(pack(source, "0", 10001, [])))) as tar:
        members = tar.getmembers()
    assert {(member.uid, member.gid) for member in members} == {(10001, 10001)}
    assert {"0", "0/out/empty", "0/in/data/secret"} <= {member.name for member in members}
    assert not any(member.name.endswith("link") for member in members)


def test_a_file_is_packed_under_a_name_that_is_known(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("path\n")
    with tarfile.open(fileobj=io.BytesIO(b"".join(pack(tmp_path / "manifest.csv", "0", 0, [])))) as tar:
        assert [member.name for member in tar] == ["0", "0/file"]


@pytest.mark.parametrize("name", ["job/../../escaped", "job//etc/passwd/../../../x", "job/out/../../../x"])
def test_a_name_that_leads_out_is_rejected(name: str, tmp_path: Path) -> None:
    (target := tmp_path / "a" / "b").mkdir(parents=True)
    with pytest.raises(Broken, match="called"):
        unpack(iter(archive((tarfile.TarInfo(name), b"x"))), target)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_links_and_devices_are_left_out(tmp_path: Path) -> None:
    link, device = tarfile.TarInfo("job/link"), tarfile.TarInfo("job/null")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    device.type = tarfile.CHRTYPE
    unpack(iter(archive((link, b""), (device, b""), (tarfile.TarInfo("job/file"), b"x"))), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_file_that_ends_a_job_gets_its_name_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []
    real = Path.replace
    monkeypatch.setattr(
        Path, "replace", lambda part, place: (named.append(Path(place).name), real(part, place))[1]
    )
    names = ("job/out/exit.json", "job/out/model.json", "job/out/log.txt")
    unpack(iter(archive(*((tarfile.TarInfo(name), b"x") for name in names))), tmp_path)
    assert named == ["model.json", "log.txt", "exit.json"]


def test_while_a_job_runs_its_end_and_its_large_files_stay_there(tmp_path: Path) -> None:
    members = [(tarfile.TarInfo(f"report/{name}"), bytes(size)) for name, size in (("a", 10), ("b", 11))]
    unpack(iter(archive(*members, (tarfile.TarInfo("report/exit.json"), b"x"))), tmp_path, "out", limit=10)
    assert [path.name for path in (tmp_path / "out" / "report").iterdir()] == ["a"]
