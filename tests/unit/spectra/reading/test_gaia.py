"""Gaia's sampled spectra in each spelling of the archive and of GaiaXPy."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits, votable
from astropy.table import Table

from spectra import UnreadableSpectrum, iter_spectra, read
from spectra.reading.tables.gaia import stated_sampling

SOURCE = 5853498713190525696
"""A source_id of 63 bits: it does not fit a float."""
FLUX = np.linspace(1.0, 2.0, 343) * 1e-16


def written(form: str) -> bytes:
    table = Table(
        {"source_id": [SOURCE, 4], "ra": [217.4, 135.6], "dec": [-62.7, -4.1],
         "flux": np.stack([FLUX, 2 * FLUX]), "flux_error": np.full((2, 343), 1e-17)},
    )  # fmt: skip
    out = io.BytesIO()
    if form in {"fits", "votable"}:
        table.write(out, format=form)
    elif form == "ecsv":
        text = io.StringIO()
        table.write(text, format="ascii.ecsv", delimiter=",")
        out.write(text.getvalue().encode())
    else:
        out.write(b"source_id,ra,dec,flux,flux_error\n")
        for row in table:
            cells = (f'"({", ".join(map(repr, map(float, row[name])))})"' for name in ("flux", "flux_error"))
            out.write(f"{row['source_id']},{row['ra']},{row['dec']},{','.join(cells)}\n".encode())
    return out.getvalue()


@pytest.mark.parametrize("form", ["fits", "votable", "ecsv", "csv"])
def test_every_spelling_gives_one_spectrum_per_source_on_the_archives_sampling(form: str) -> None:
    first, second = read(written(form), name="XP_SAMPLED_RAW")
    np.testing.assert_allclose(first.wavelength, 3360.0 + 20.0 * np.arange(343), rtol=1e-12)
    np.testing.assert_allclose(first.flux, FLUX, rtol=1e-12)
    assert first.ivar == pytest.approx(np.full(343, 1e34))
    assert (first.meta.group, second.meta.group) == (str(SOURCE), "4")
    assert (first.meta.ra, first.meta.dec) == (217.4, -62.7)
    assert (first.meta.unit, first.meta.frame, first.meta.source.row) == ("nm", "vacuum", 0)


def test_rvs_spectra_have_their_own_sampling() -> None:
    columns = [
        fits.Column("source_id", "K", array=[1]),
        fits.Column("flux", "2401E", array=np.ones((1, 2401))),
    ]
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(out)
    (found,) = read(out.getvalue())
    assert found.wavelength[[0, -1]] == pytest.approx([8460.0, 8700.0])


def test_coefficients_are_rejected_by_name() -> None:
    text = 'source_id,bp_coefficients,rp_coefficients\n1,"(1, 2)","(1, 2)"\n'
    with pytest.raises(UnreadableSpectrum, match=r"XP_CONTINUOUS.*GaiaXPy"):
        read(text.encode())


def test_a_sampling_of_gaiaxpy_is_read_from_the_file_beside(tmp_path: Path) -> None:
    fluxes = '"[1.0,2.0,3.0]"'
    (tmp_path / "out.csv").write_text(f"source_id,flux\n7,{fluxes}\n")
    (tmp_path / "out_sampling.csv").write_text('pos\n"(400.0, 500.0, 600.0)"\n')
    (found,) = read(tmp_path / "out.csv")
    assert list(found.wavelength) == [4000.0, 5000.0, 6000.0]


def test_an_unknown_sampling_and_an_empty_cell_reject_their_row_only() -> None:
    text = f'source_id,flux\n1,"[1.0,2.0]"\n2,\n3,"{[1.0] * 343}"\n'
    rejected: list[UnreadableSpectrum] = []
    (found,) = iter_spectra(text.encode(), rejected=rejected.append)
    assert found.meta.group == "3"
    assert [error.reason[:6] for error in rejected] == ["row 0:", "row 1:"]
    assert "_sampling" in rejected[0].reason


def test_a_votable_with_a_wavelength_is_no_gaia_table_without_axis() -> None:
    table = Table({"source_id": [1, 1], "wavelength": [500.0, 501.0], "flux": [1.0, 2.0]})
    table["wavelength"].unit = "nm"
    out = io.BytesIO()
    votable.from_table(table).to_xml(out)
    (found,) = read(out.getvalue())
    assert list(found.wavelength) == [5000.0, 5010.0]


def test_only_the_exact_samplings_are_recognised() -> None:
    grid = 336.0 + 2.0 * np.arange(343)
    assert stated_sampling(grid) == "XP"
    assert stated_sampling(grid + 1.0) is None
    assert stated_sampling(grid[:-1]) is None
