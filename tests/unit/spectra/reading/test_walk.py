import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from spectra import UnreadableSpectrum, iter_spectra, original, read
from spectra.reading import archive
from tests.unit.spectra.reading.fits_bytes import lamost


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "spectra"
    (root / "b").mkdir(parents=True)
    for name in ("c.fits", "a.fits", "b/d.fits"):
        (root / name).write_bytes(lamost())
    (root / "README.md").write_text("about")
    (root / "labels.csv").write_text("file,label\n")
    (root / ".hidden.fits").write_bytes(b"nothing")
    return root


def packed(names: list[str], kind: str = "zip") -> bytes:
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w") as made:
            for name in names:
                made.writestr(name, lamost())
    else:
        with tarfile.open(fileobj=out, mode="w:gz" if kind == "tar.gz" else "w") as made:
            for name in names:
                info = tarfile.TarInfo(name)
                info.size = len(lamost())
                made.addfile(info, io.BytesIO(lamost()))
    return out.getvalue()


def test_a_folder_is_walked_in_sorted_order_without_what_lies_beside(folder: Path) -> None:
    assert [spectrum.meta.name for spectrum in iter_spectra(folder)] == ["a", "d", "c"]


def test_an_unreadable_file_is_reported_and_the_walk_goes_on(folder: Path) -> None:
    (folder / "bad.fits").write_bytes(b"SIMPLE")
    rejected: list[UnreadableSpectrum] = []
    assert len(list(iter_spectra(folder, rejected=rejected.append))) == 3
    assert [error.source for error in rejected] == [str(folder / "bad.fits")]
    with pytest.raises(UnreadableSpectrum, match=r"bad\.fits"):
        list(iter_spectra(folder))


def test_an_error_of_the_listener_is_the_listeners(folder: Path) -> None:
    (folder / "bad.fits").write_bytes(b"SIMPLE")

    def listener(error: UnreadableSpectrum) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="disk"):
        list(iter_spectra(folder, rejected=listener))


def test_an_empty_folder_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSpectrum, match="holds no spectra"):
        list(iter_spectra(tmp_path, rejected=lambda error: None))


def test_a_path_that_is_not_there_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSpectrum, match="no such file"):
        read(tmp_path / "nowhere.fits")


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
def test_an_archive_is_walked_in_sorted_order_and_its_members_are_found_again(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / f"many.{kind}"
    path.write_bytes(packed(["z.fits", "sub/a.fits"], kind))
    found = list(iter_spectra(path, hashing=True))
    assert [spectrum.meta.source.path for spectrum in found] == [f"{path}!/sub/a.fits", f"{path}!/z.fits"]
    assert original(found[1].meta.source).meta.source == found[1].meta.source
    assert len(read(path.read_bytes(), name="upload")) == 2


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz"])
@pytest.mark.parametrize(
    "name", ["../out.fits", "/etc/out.fits", "a/../../out.fits", "C:\\out.fits", "a\\..\\..\\out.fits"]
)
def test_a_name_that_leads_out_of_the_archive_is_rejected(name: str, kind: str) -> None:
    with pytest.raises(UnreadableSpectrum, match="leads out of the archive"):
        read(packed(["good.fits", name], kind))


def test_an_archive_within_an_archive_is_rejected() -> None:
    with pytest.raises(UnreadableSpectrum, match="an archive itself"):
        read(packed(["inner.zip"]))


def test_a_link_in_an_archive_rejects_it() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        info = tarfile.TarInfo("link.fits")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(info)
    with pytest.raises(UnreadableSpectrum, match="a link"):
        read(out.getvalue())
    linked = zipfile.ZipInfo("link.fits")
    linked.external_attr = 0o120777 << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr(linked, "/etc/passwd")
    with pytest.raises(UnreadableSpectrum, match="a link"):
        read(out.getvalue())


@pytest.mark.parametrize("kind", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_bomb_is_rejected_before_it_is_unpacked(kind: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as made:
        made.writestr("bomb.fits", bytes(archive._SMALL + 1))
    with pytest.raises(UnreadableSpectrum, match="a bomb"):
        read(out.getvalue())


def test_a_bomb_that_promises_little_is_stopped_while_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_SMALL", 10_000)
    monkeypatch.setattr(archive, "_check", lambda members, limit: None)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("bomb.fits", bytes(2_000_000))
    with pytest.raises(UnreadableSpectrum, match="a bomb"):
        read(out.getvalue())


def test_a_gzipped_tar_bomb_is_stopped_while_unpacking(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tar.gz"
    with tarfile.open(path, "w:gz") as made:
        info = tarfile.TarInfo("bomb.fits")
        info.size = archive._SMALL + 1
        made.addfile(info, io.BytesIO(bytes(info.size)))
    with pytest.raises(UnreadableSpectrum, match="unpacks to more than"):
        read(path)


def test_a_broken_archive_or_member_does_not_stop_the_walk(folder: Path) -> None:
    (folder / "hostile.zip").write_bytes(packed(["../out.fits"]))
    half = bytearray(packed(["a.fits", "z.fits"]))
    half[half.index(b"LAMOST")] ^= 0xFF  # in the first member: its checksum no longer holds
    (folder / "half.zip").write_bytes(half)
    rejected: list[UnreadableSpectrum] = []
    assert len(list(iter_spectra(folder, rejected=rejected.append))) == 4
    assert [error.source for error in rejected] == [
        f"{folder / 'half.zip'}!/a.fits",
        f"{folder / 'hostile.zip'}!/../out.fits",
    ]


def test_a_pipe_is_rejected_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.fits")
    with pytest.raises(UnreadableSpectrum, match="neither a file nor a folder"):
        read(tmp_path / "pipe.fits")


def test_a_manifest_picks_and_labels(folder: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("path,label,group\nc.fits,emission,star-1\nb/d.fits,,\n")
    found = list(iter_spectra(folder, manifest=manifest))
    assert [(s.meta.name, s.meta.label, s.meta.group) for s in found] == [
        ("d", "K", "LAMOST J095249.16+291008.7"),
        ("c", "emission", "star-1"),
    ]


def test_a_manifest_that_names_missing_spectra_is_rejected_with_the_first_few(
    folder: Path, tmp_path: Path
) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("path\na.fits\n" + "".join(f"missing-{i}.fits\n" for i in range(9)))
    with pytest.raises(UnreadableSpectrum, match=r"names 9 spectra .*missing-0\.fits.*missing-4\.fits, …"):
        list(iter_spectra(folder, manifest=manifest, rejected=lambda error: None))


def test_a_manifest_applies_to_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    path.write_bytes(packed(["z.fits", "a.fits"]))
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("path,name\nz.fits,the one\n")
    assert [spectrum.meta.name for spectrum in iter_spectra(path, manifest=manifest)] == ["the one"]


def test_a_manifest_line_for_a_row_that_is_not_there_is_reported(folder: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("path,row\na.fits,7\n")
    with pytest.raises(UnreadableSpectrum, match="no spectrum with hdu=None, row=7"):
        list(iter_spectra(folder, manifest=manifest))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file,label\na.fits,x\n", "column path"),
        ("path\n../secret.fits\n", "does not lie in the folder"),
        ("path\n/etc/passwd\n", "does not lie in the folder"),
        ("path,hdu\na.fits,one\n", "not a whole number"),
        ("path\n", "names no spectra"),
    ],
)
def test_a_broken_manifest_is_rejected(folder: Path, tmp_path: Path, text: str, reason: str) -> None:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text(text)
    with pytest.raises(UnreadableSpectrum, match=reason):
        list(iter_spectra(folder, manifest=manifest))
