"""Units and frames by names, units, UCDs, comments and metadata: every reader asks the same function."""

import io
from pathlib import Path

import astropy.units as u
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table

from spectra import Spectrum, UnreadableSpectrum, read
from spectra.air import air_to_vacuum
from spectra.reading.read_error import ReadError
from spectra.reading.units import spectral_unit
from spectra.reading.units.axis_name import axis_name
from spectra.reading.units.meaning import Rule, Said, axis_meaning

W = np.linspace(5000.0, 5100.0, 60)
F = 1.0 + 0.1 * np.sin(W / 3.0)


def text(heading: str, values: np.ndarray, separator: str = "\t") -> bytes:
    rows = "".join(f"{value:.9g}{separator}{flux:.5f}\n" for value, flux in zip(values, F, strict=True))
    return f"{heading}{rows}".encode()


def one(data: bytes | Path) -> Spectrum:
    return read(data)[0]


@pytest.mark.parametrize("name", ["waveobs", "WavelengthNm", "wavelength/nm", "nm", "wl_nm", "lambda [nm]"])
def test_a_unit_in_or_as_the_name_of_a_column_is_known(name: str) -> None:
    spectrum = one(text(f"{name}\tflux\n", W / 10.0))
    assert spectrum.wavelength == pytest.approx(W, rel=1e-7)
    assert spectrum.meta.unit == "nm"
    assert "unit_assumed" not in spectrum.meta.extra


@pytest.mark.parametrize("name", ["abscissa", "x", "wavelength_furlong", "rest_wave"])
def test_a_heading_that_names_no_known_axis_is_rejected_and_asks_for_a_unit(name: str) -> None:
    with pytest.raises(UnreadableSpectrum, match=rf"{name}.*wavelength_nm"):
        read(text(f"{name}\tflux\n", W / 10.0))


@pytest.mark.parametrize(
    ("name", "size", "frame"),
    [
        ("Wavelength (nm in air)", 10.0, "air"),
        ("Wavelength [um vacuum]", 1e4, "vacuum"),
        ("Wavelength (microns; vac)", 1e4, "vacuum"),
        ("Wavelength (Angstrom, air)", 1.0, "air"),
        ("wave_air (0.1 nm)", 1.0, "air"),
    ],
)
def test_a_bracket_states_unit_and_frame(name: str, size: float, frame: str) -> None:
    spectrum = one(text(f'"{name}",Flux\n', W / size, ","))
    expected = air_to_vacuum(W) if frame == "air" else W
    assert spectrum.wavelength == pytest.approx(expected, rel=1e-7)
    assert spectrum.meta.frame == frame
    assert not spectrum.meta.extra.keys() & {"unit_assumed", "frame_assumed"}


def test_a_bracket_that_is_no_unit_is_rejected_and_quoted() -> None:
    with pytest.raises(UnreadableSpectrum, match="'furlong'"):
        read(text("Wavelength (furlong),Flux\n", W, ","))


@pytest.mark.parametrize(
    ("values", "words"),
    [(W / 1e4, "micron"), (np.log10(W), "logarithms"), (W * 1e-10, "metres"), (np.log(W), "logarithms")],
)
def test_numbers_that_cannot_be_angstrom_are_rejected_where_no_unit_is_stated(
    values: np.ndarray, words: str
) -> None:
    for heading in ("", "wavelength\tflux\n"):
        with pytest.raises(UnreadableSpectrum, match=f"not stated.*{words}"):
            read(text(heading, values))


def test_an_optical_spectrum_in_nm_is_not_taken_for_one_in_angstrom() -> None:
    with pytest.raises(UnreadableSpectrum, match=r"not stated.*nanometres\?"):
        one(text("", W / 10))
    assert one(text("", W / 5.4)).provenance.unit_assumed  # 926 to 944 Å, as FUSE sees


@pytest.mark.parametrize(("name", "words"), [("energy", "eV or keV"), ("wavenumber", "cm-1 or um-1")])
def test_a_unit_that_two_programs_understand_differently_is_not_assumed(name: str, words: str) -> None:
    with pytest.raises(UnreadableSpectrum, match=words):
        read(text(f"{name}\tflux\n", W / 2500.0))
    assert one(text("wavenumber\tflux\n", 1e8 / W)).provenance.unit_assumed


def test_the_primary_header_may_state_the_unit_of_a_table() -> None:
    table = fits.BinTableHDU(Table({"WAVE": W / 10.0, "FLUX": F}))
    for keyword, value in (("WAVEUNIT", "nm"), ("COMMENT", "wavelength in nm")):
        out = io.BytesIO()
        fits.HDUList([fits.PrimaryHDU(header=fits.Header([(keyword, value)])), table]).writeto(out)
        spectrum = one(out.getvalue())
        assert spectrum.wavelength == pytest.approx(W)
        assert not spectrum.provenance.unit_assumed


def test_a_counter_of_rows_is_passed_over_or_rejected() -> None:
    rows = "".join(f"{i},{w:.2f},{f:.5f}\n" for i, (w, f) in enumerate(zip(W, F, strict=True)))
    spectrum = one(rows.encode())
    assert spectrum.wavelength == pytest.approx(W, abs=0.006)
    assert spectrum.flux == pytest.approx(F, abs=1e-5)
    with pytest.raises(UnreadableSpectrum, match="counts rows"):
        read("".join(f"{i} {1 + i % 7}\n" for i in range(1, 500)).encode())


def test_what_is_assumed_is_marked_and_what_is_stated_is_not() -> None:
    assumed, stated = one(text("", W)), one(text("wavelength (Angstrom)\tflux\n", W))
    assert assumed.meta.extra["unit_assumed"] is True
    assert assumed.provenance.unit_assumed
    assert "unit_assumed" not in stated.meta.extra


@pytest.mark.parametrize(
    ("comment", "size", "frame"),
    [
        ("# wavelength in nm, flux in Jy", 10.0, "vacuum"),
        ("# Column 1: vacuum wavelength [micron]", 1e4, "vacuum"),
        ("# lambda (um)", 1e4, "vacuum"),
        ("# wavelengths are in air", 1.0, "air"),
        ("# AIRORVAC = air", 1.0, "air"),
        ("# spectrum of the flux in a wavelength range", 1.0, "vacuum"),
        ("# XUNIT = nm", 10.0, "vacuum"),
        ("# WAVE_UNIT: um", 1e4, "vacuum"),
        ("# CUNIT1  = 'nm      '", 10.0, "vacuum"),
        ("# wavelengths in vacuum, not in air", 1.0, "vacuum"),
        ("# wavelengths in air, not corrected to vacuum", 1.0, "air"),
    ],
)
def test_comment_lines_state_unit_and_frame(comment: str, size: float, frame: str) -> None:
    spectrum = one(text(f"{comment}\n", W / size))
    assert spectrum.wavelength == pytest.approx(air_to_vacuum(W) if frame == "air" else W, rel=1e-7)
    assert spectrum.meta.frame == frame


@pytest.mark.parametrize(
    "comment",
    [
        "wavelengths not corrected to vacuum",
        "wavelength dependent extinction for air mass 1.2",
        "wavelength calibration at an air temperature of 7 C",
        "wavelength range of the vacuum spectrograph",
    ],
)
def test_a_frame_that_a_comment_denies_or_does_not_mean_is_not_taken(comment: str) -> None:
    assert one(text(f"# {comment}\n", W)).provenance.frame_assumed


def test_a_comment_may_name_a_logarithm() -> None:
    for comment, values in (
        ("# log10 lambda (nm)", np.log10(W / 10)),
        ("# loglambda flux ; lambda in nm", np.log10(W / 10)),
        ("# ln wavelength [nm]", np.log(W / 10)),
    ):
        assert one(text(f"{comment}\n", values)).wavelength == pytest.approx(W, rel=1e-6)


def test_units_of_parquet_are_read_from_astropys_and_arrows_metadata(tmp_path: Path) -> None:
    path = tmp_path / "um.parquet"
    Table({"wavelength": (W / 1e4) * u.um, "flux": F * u.Jy}).write(path)
    assert one(path).wavelength == pytest.approx(W, rel=1e-12)
    schema = pa.schema(
        [pa.field("wave", pa.float64(), metadata={"unit": "nm"}), pa.field("flux", pa.float64())]
    )
    out = io.BytesIO()
    pq.write_table(pa.table([W / 10.0, F], schema=schema), out)
    assert one(out.getvalue()).wavelength == pytest.approx(W, rel=1e-12)


@pytest.mark.parametrize(
    ("column", "ucd", "frame"),
    [
        ({"loglam": np.log10(W)}, "", "vacuum"),
        ({"wave_air": (W / 1e4) * u.um}, "", "air"),
        ({"wave_air": (W / 1e4) * u.um}, "em.wl", "air"),
        ({"wave": (W / 10) * u.nm}, "em.wl;obs.atmos", "air"),
    ],
)
def test_a_votable_knows_what_the_names_of_columns_say(
    tmp_path: Path, column: dict[str, object], ucd: str, frame: str
) -> None:
    path = tmp_path / "x.vot"
    Table({**column, "flux": F}).write(path, format="votable")
    name = next(iter(column))
    data = path.read_text("utf-8").replace(f'name="{name}"', f'name="{name}" ucd="{ucd}"').encode()
    spectrum = one(data)
    assert spectrum.wavelength == pytest.approx(air_to_vacuum(W) if frame == "air" else W, rel=1e-7)
    assert spectrum.meta.frame == frame


def test_a_votable_does_not_take_a_background_or_a_limit_for_the_quantity() -> None:
    columns = {
        "low": ("em.wl;stat.min", W), "bg": ("phot.flux.density;instr.background", 9.0 * F),
        "x": ("em.wl", W / 10.0), "sky": ("phot.flux.density", 9.0 * F), "y": ("phot.flux.density", F),
    }  # fmt: skip
    table = Table({name: values for name, (_, values) in columns.items()})
    for name, (ucd, _) in columns.items():
        table[name].meta["ucd"] = ucd
    table["x"].unit = u.nm
    out = io.BytesIO()
    table.write(out, format="votable")
    spectrum = one(out.getvalue())
    assert spectrum.wavelength == pytest.approx(W)
    assert spectrum.flux == pytest.approx(F)


@pytest.mark.parametrize("unit", ["nm", "", None])
def test_a_table_of_the_pfs_survey_is_in_nm_whether_it_says_so_or_not(unit: str | None) -> None:
    columns = [fits.Column("lambda", "D", unit=unit, array=W / 10.0), fits.Column("flux", "D", array=F)]
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns, name="FLUXTBL")]).writeto(out)
    spectrum = one(out.getvalue())
    assert spectrum.wavelength == pytest.approx(W, rel=1e-9)
    assert "unit_assumed" not in spectrum.meta.extra


def test_a_table_without_a_unit_is_marked() -> None:
    columns = [fits.Column("WAVE", "D", array=W), fits.Column("FLUX", "D", array=F)]
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(out)
    assert one(out.getvalue()).meta.extra["unit_assumed"] is True


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        *((text, "Angstrom") for text in ("AA", "angstroem", "10^-10 m", "10**-10 m", "0.1nm", "1e-10 m")),
        *((text, "Angstrom") for text in ("Angstrom (air)", "Angstroms (vacuum)", "1.0E-04 micron", "Å")),
        ("m / s", "m/s"), ("km / s", "km/s"), ("mum", "um"), ("nm (air)", "nm"), ("1 / cm", "cm-1"),
        ("log10(AA)", "log10(Angstrom)"), ("ln(Angstroms)", "ln(Angstrom)"), ("dex(AA)", "log10(Angstrom)"),
    ],
)  # fmt: skip
def test_a_unit_is_known_in_every_spelling(spelling: str, name: str) -> None:
    unit = spectral_unit(spelling)
    assert unit is not None
    assert unit.name == name


@pytest.mark.parametrize(
    "spelling", ["furlong", "pixel", "counts", "erg/s/cm2/A", "meV", "s", "10", "0 nm", "x" * 999]
)
def test_what_is_no_unit_of_an_axis_is_none(spelling: str) -> None:
    assert spectral_unit(spelling) is None


@pytest.mark.parametrize(
    "name", ["flux", "wave_err", "velocity_error", "lamp", "wavelet", "energy_flux", "A", ""]
)
def test_what_is_no_name_of_an_axis_is_none(name: str) -> None:
    assert axis_name(name) is None


def test_a_unit_that_contradicts_the_name_is_rejected() -> None:
    with pytest.raises(ReadError, match=r"Angstrom by TUNIT1 and nm by the name 'wave_nm'"):
        axis_meaning("wave_nm", units=[Said("Angstrom", "TUNIT1")])


def test_a_family_whose_rule_is_a_guess_is_marked() -> None:
    found = axis_meaning("wave", rules=[Rule("a family", unit="nm", frame="air", certain=False)])
    assert (found.unit.name, found.unit_assumed, found.frame, found.frame_assumed) == (
        "nm",
        True,
        "air",
        True,
    )


def test_the_base_of_a_logarithm_is_told_by_what_it_makes() -> None:
    decimal = axis_meaning("loglam", values=np.log10(W))
    natural = axis_meaning("loglam", values=np.log(W))
    assert (decimal.unit.name, natural.unit.name) == ("log10(Angstrom)", "ln(Angstrom)")
    assert natural.unit_assumed


def test_stated_logarithms_that_make_no_spectrum_are_rejected() -> None:
    with pytest.raises(ReadError, match="beyond 1 mm"):
        axis_meaning("wave", units=[Said("log10(Angstrom)", "TUNIT1")], values=np.log(W))
    with pytest.raises(ReadError, match="look like logarithms"):
        axis_meaning("wave", units=[Said("Angstrom", "TUNIT1")], values=np.log10(W))


@pytest.mark.parametrize(("value", "unit"), [(1e-6, "Angstrom"), (1e3, "GeV"), (1e5, "m")])
def test_no_wavelength_is_shorter_or_longer_than_any_instrument_sees(value: float, unit: str) -> None:
    with pytest.raises(UnreadableSpectrum, match="wrong"):
        read(text(f"wavelength ({unit})\tflux\n", value * np.linspace(1.0, 1.1, 60)))
