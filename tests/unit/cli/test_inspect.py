"""`huggins inspect` and `huggins data show FILE`: how a file is read, without a platform."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from click.testing import CliRunner

from dashboard.cli import main


@pytest.fixture
def table(tmp_path: Path) -> Path:
    columns = [
        fits.Column("WAVE", "D", unit="nm", array=np.linspace(500.0, 510.0, 20)),
        fits.Column("FLUX", "D", array=np.ones(20)),
        fits.Column("ERR", "D", array=np.full(20, 0.1)),
    ]
    path = tmp_path / "one.fits"
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns, name="SPEC")]).writeto(path)
    return path


def run(*words: str | Path) -> tuple[int, str]:
    answer = CliRunner().invoke(main, [str(word) for word in words])
    return answer.exit_code, answer.output


@pytest.mark.parametrize("command", [("inspect",), ("data", "show")])
def test_a_file_is_shown_with_its_hdus_range_and_provenance(command: tuple[str, ...], table: Path) -> None:
    status, output = run(*command, table)
    assert status == 0
    assert "HDU 1 (SPEC): table 20: WAVE [nm], FLUX, ERR" in output
    assert "5000–5100 Å (vacuum), 20 pixels" in output
    assert "table; HDU 1 (SPEC); axis: column WAVE; unit: nm (TUNIT1); frame: vacuum (assumed" in output
    assert "errors: column ERR (sigma); mask: none" in output


def test_the_same_is_given_as_json(table: Path) -> None:
    status, output = run("inspect", table, "--json")
    found = json.loads(output)
    assert status == 0
    known = found["spectra"][0]["provenance"]
    assert (known["unit"], known["unit_assumed"], known["hdu"]) == ("nm", False, {"index": 1, "name": "SPEC"})
    assert known["errors"] == {"place": "column ERR", "kind": "sigma"}


@pytest.mark.parametrize("command", [("inspect",), ("data", "show")])
def test_control_characters_of_a_file_do_not_reach_the_terminal(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    bell = "\x1b]0;title\x07\x1b[31m"
    files = {
        "named.csv": f"wavelength,flux,x{bell}\n5000,1,2\n5001,2,3\n",
        "unit.csv": f"wavelength ({bell}),flux\n5000,1\n5001,2\n",
        "noise.bin": "\x00\x01" + bell * 50,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.write_text(text)
        _, output = run(*command, path)
        assert output.strip()
        assert "\x1b]" not in output
        assert "\x07" not in output


def test_the_members_of_an_archive_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "some.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        data = b"wavelength,flux\n5000,1\n5001,2\n"
        for name in ("a.csv", "b.csv"):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    status, output = run("inspect", path)
    assert status == 0
    assert "member a.csv: file" in output
    assert "5000–5001 Å (vacuum), 2 pixels" in output


def test_a_file_that_is_rejected_still_shows_what_was_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "none.fits"
    columns = [
        fits.Column("RA", "D", unit="deg", array=np.ones(3)),
        fits.Column("MAG", "D", array=np.ones(3)),
    ]
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(path)
    status, output = run("inspect", path)
    assert status == 1
    assert "HDU 1: table 3: RA [deg], MAG" in output
    assert "no spectral" in output


@pytest.mark.parametrize(
    "data", [b"", b"\x00" * 50, b"SIMPLE  =", b"<VOTABLE", b"PK\x03\x04", b"PAR1", b"a,b\n1,x\n"]
)
def test_a_broken_file_is_told_and_nothing_is_raised(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "broken"
    path.write_bytes(data)
    status, output = run("inspect", path)
    assert status == 1
    assert str(path) in output.replace("\n", "")


def test_no_more_spectra_are_read_than_are_shown(tmp_path: Path) -> None:
    path = tmp_path / "many.npz"
    np.savez(path, wave_nm=np.linspace(500.0, 510.0, 20), flux=np.ones((9, 20)), label=np.array(["A"] * 9))
    status, output = run("inspect", path, "--most", "2")
    assert status == 0
    assert output.count("20 pixels") == 2
    assert "more than 2 spectra" in output
    assert output.count("axis: array wave_nm") == 1
