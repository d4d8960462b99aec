"""Texts as other writers write them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table

from spectra import UnreadableSpectrum, read

WAVE = np.linspace(5000.0, 5059.0, 60)
FLUX = 1.0 + 0.1 * np.sin(WAVE / 3.0)
POINT = [f"{wave:.4f} {flux:.5f}" for wave, flux in zip(WAVE, FLUX, strict=True)]


def text(*heading: str, delimiter: str = " ", rows: list[str] = POINT) -> bytes:
    return "\n".join([*heading, *(row.replace(" ", delimiter) for row in rows), ""]).encode()


COMMA = [row.replace(".", ",") for row in POINT]
FORTRAN = [f"{row}D-15" for row in POINT]
LOWER = [f"{row}d+00" for row in POINT]
NM = [f"{wave / 10:.5f} {flux:.5f}" for wave, flux in zip(WAVE, FLUX, strict=True)]


@pytest.mark.parametrize(
    "content",
    [
        text("wavelength;flux", delimiter=";", rows=COMMA),
        text("wavelength\tflux", delimiter="\t", rows=COMMA),
        text(rows=COMMA),
        text(delimiter=" ; ", rows=COMMA),
        text("wavelength;flux", delimiter=";", rows=["5000 1,09987", *COMMA[1:]]),
        text("wavelength [Angstrom] flux [Jy]"),
        text("# a comment", "wavelength flux", rows=COMMA),
        text(rows=LOWER),
        text("wavelength,flux", "nm,Jy", delimiter=",", rows=NM),
        text("wavelength flux", "(nm) (Jy)", rows=NM),
        text("wavelength flux", "float double", "nm Jy", rows=NM),
        text("wavelength  flux", "----------  -----"),
        text("My star, night 3", "observer unknown", "wavelength flux"),
        text("My star: 2013-11-05", "wavelength flux"),
        text("60 2 7", ),
        text("wavelength,flux", delimiter=", "),
    ],
)  # fmt: skip
def test_each_dialect_gives_the_same_spectrum(content: bytes) -> None:
    (found,) = read(content, name="star.txt")
    np.testing.assert_allclose(found.wavelength, WAVE, rtol=1e-6)
    np.testing.assert_allclose(found.flux, FLUX, rtol=1e-4)
    assert found.mask is None


def test_whole_numbers_in_the_first_row_do_not_hide_decimal_commas() -> None:
    (found,) = read(b"4000;1\n4000,5;2\n4001;2,5\n4001,5;3\n")
    assert list(found.wavelength) == [4000.0, 4000.5, 4001.0, 4001.5]
    assert list(found.flux) == [1.0, 2.0, 2.5, 3.0]


def test_lines_that_are_whole_columns_are_rejected() -> None:
    lines = "\n".join(" ".join(f"{value:.3f}" for value in values) for values in (WAVE, FLUX))
    with pytest.raises(UnreadableSpectrum, match="2 lines of 60 numbers"):
        read(lines.encode())


@pytest.mark.parametrize(
    "name", ["sky", "err", "model", "background", "transmission", "ivar", "mask", "wave2"]
)
def test_the_only_column_beside_the_wavelength_is_no_flux_where_its_name_says_so(name: str) -> None:
    with pytest.raises(UnreadableSpectrum, match="no columns of wavelength and flux"):
        read(text(f"wave {name}"))


def test_of_two_columns_beside_the_wavelength_the_one_that_may_be_a_flux_is_taken() -> None:
    rows = [f"{row} {number}" for number, row in enumerate(POINT)]
    for heading, first in (("wave sky counts", 0.0), ("wave counts sky", FLUX[0])):
        (found,) = read(text(heading, rows=rows))
        assert found.flux[0] == pytest.approx(first, abs=1e-4)


def test_fortran_exponents_scale_the_flux() -> None:
    (found,) = read(text(rows=FORTRAN))
    np.testing.assert_allclose(found.flux, FLUX * 1e-15, rtol=1e-4)


@pytest.mark.parametrize("word", ["NULL", "", "--", "NA", "nan", "N/A", "INDEF", "None", "********", '""'])
def test_a_word_for_a_missing_value_masks_its_pixel_only(word: str) -> None:
    rows = list(POINT)
    rows[5] = f"{WAVE[5]:.4f} {word}"
    (found,) = read(text("wavelength,flux", delimiter=",", rows=rows))
    assert found.mask is not None
    assert list(np.flatnonzero(found.mask)) == [5]
    assert np.isnan(found.flux[5])
    np.testing.assert_allclose(found.wavelength, WAVE, rtol=1e-6)


@pytest.mark.parametrize("delimiter", [" ", ","])
def test_ecsv_is_read_by_its_own_header(delimiter: str) -> None:
    table = Table({"object name": ["a star"] * 60, "wavelength": WAVE / 10.0,
                   "flux": MaskedColumn(FLUX, mask=np.arange(60) == 3)})  # fmt: skip
    table["wavelength"].unit = "nm"
    table.meta["comments"] = ["anything: at all"]
    out = io.StringIO()
    table.write(out, format="ascii.ecsv", delimiter=delimiter)
    (found,) = read(out.getvalue().encode())
    np.testing.assert_allclose(found.wavelength, WAVE, rtol=1e-12)
    assert found.mask is not None
    assert list(np.flatnonzero(found.mask)) == [3]


def test_ipac_tables_are_cut_at_their_bars_with_their_units_and_nulls() -> None:
    table = Table({"name": ["a, b c"] * 60, "wavelength": WAVE / 1e4,
                   "flux": MaskedColumn(FLUX, mask=np.arange(60) == 3)})  # fmt: skip
    table["wavelength"].unit = "um"
    out = io.StringIO()
    table.write(out, format="ascii.ipac")
    (found,) = read(out.getvalue().encode())
    np.testing.assert_allclose(found.wavelength, WAVE, rtol=1e-12)
    assert found.mask is not None
    assert list(np.flatnonzero(found.mask)) == [3]


def test_an_ipac_table_may_begin_with_keywords() -> None:
    content = "\\OBJECT = 'x'\n|wavelength|   flux|\n|    double| double|\n|        nm|       |\n"
    content += "      500.0     1.0 \n      500.1     2.0 \n"
    (found,) = read(content.encode())
    assert found.wavelength == pytest.approx([5000.0, 5001.0])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("wavelength,flux\n5000,1\n5001,abc\n", "line 3: 'abc' is no number"),
        ("wavelength,flux\n5000,1\n5001\n", "line 3 has 1 columns"),
        ('wavelength,flux\n"5000,0","1,5"\n"5001,0","1,5"\n', "save it with decimal points"),
        ("wavelength flux\nfurlong Jy\n5000 1\n5001 1\n", "furlong"),
        ("# %ECSV 1.0\n# ---\n# datatype: [\nwavelength flux\n", "ECSV"),
    ],
)
def test_a_broken_table_names_its_line_and_what_to_do(content: str, reason: str) -> None:
    with pytest.raises(UnreadableSpectrum, match=reason):
        read(content.encode(), name="star.txt")


def test_a_line_of_counts_before_the_rows_is_no_row() -> None:
    (found,) = read(text("60 2 0"))
    assert len(found.flux) == 60


def test_the_first_row_is_no_line_of_names_where_a_column_holds_words() -> None:
    (found,) = read(text(rows=[f"{row} word" for row in POINT]))
    assert len(found.flux) == 60


def test_a_byte_by_byte_description_states_the_unit_and_the_places_of_the_columns() -> None:
    table = Table({"name": ["a b"] * 60, "wavelength": WAVE / 10.0,
                   "flux": MaskedColumn(FLUX, mask=np.arange(60) == 3)})  # fmt: skip
    table["wavelength"].unit = "nm"
    out = io.StringIO()
    table.write(out, format="ascii.mrt")
    (found,) = read(out.getvalue().encode())
    np.testing.assert_allclose(found.wavelength, WAVE, rtol=1e-12)
    assert found.meta.unit == "nm"
    assert found.mask is not None
    assert list(np.flatnonzero(found.mask)) == [3]


@pytest.mark.parametrize("form", ["ascii.fixed_width", "ascii.fixed_width_two_line"])
def test_a_table_drawn_with_bars_or_rules_is_read(form: str) -> None:
    out = io.StringIO()
    Table({"wavelength": WAVE, "flux": FLUX}).write(out, format=form)
    (found,) = read(out.getvalue().encode())
    np.testing.assert_allclose(found.wavelength, WAVE, rtol=1e-12)


def test_a_name_with_a_blank_is_a_name() -> None:
    table = Table({"wave length": WAVE, "flux": FLUX})
    table["wave length"].unit = "Angstrom"
    out = io.StringIO()
    table.write(out, format="ascii.ecsv")
    (found,) = read(out.getvalue().encode())
    np.testing.assert_allclose(found.wavelength, WAVE, rtol=1e-12)
