"""Every reader says where each array comes from, and holds a data model against the file's own words."""

from __future__ import annotations

import numpy as np
import pytest

from spectra import FORMATS, Spectrum, UnreadableSpectrum, read
from tests.unit.spectra.reading.format_files import SAMPLES, Sample

NAMED = ("lamost", "lamost-table", "sdss", "sdss-plate", "sdss-image", "apogee", "apogee visit", "astra",
         "astra log", "desi", "gaia", "galah", "iue", "pypeit", "multimodal")  # fmt: skip
"""Formats whose data model states the unit of the axis, and whose files have a place for it."""


def first(name: str, unit: str | None = None, scale: float = 1.0) -> Spectrum:
    form = "image-rows" if name == "image-rows" else None
    return read(SAMPLES[name].make(unit, scale), name="x.fits", format=form)[0]


def test_every_format_but_the_fallback_has_a_sample() -> None:
    assert {name.split(" ")[0] for name in SAMPLES} == FORMATS.keys() - {"specutils"}


@pytest.mark.parametrize(("name", "sample"), SAMPLES.items(), ids=lambda value: str(value).split("(")[0])
def test_the_provenance_of_every_format_is_complete(name: str, sample: Sample) -> None:
    spectrum = first(name)
    known = spectrum.provenance
    assert known.format == name.split(" ", maxsplit=1)[0]
    assert known.axis
    assert known.unit
    assert known.unit_known_by
    assert known.frame in {"air", "vacuum"}
    assert known.frame_known_by
    assert (known.hdu is not None) == sample.is_fits
    assert (known.errors is not None) == (spectrum.ivar is not None) == sample.errors
    assert (known.mask is not None) == sample.mask
    assert (spectrum.meta.unit, spectrum.meta.frame) == (known.unit, known.frame)
    assert spectrum.meta.extra.get("unit_assumed", False) == known.unit_assumed


@pytest.mark.parametrize("name", NAMED)
def test_a_unit_that_the_data_model_alone_states_names_it(name: str) -> None:
    known = first(name).provenance
    assert known.unit_known_by.startswith(("the data model of ", "the design of "))
    assert not known.unit_assumed


@pytest.mark.parametrize("name", [name for name in NAMED if name != "gaia"])
def test_a_file_of_a_survey_that_states_nm_is_followed_and_says_so(name: str) -> None:
    plain, stated = first(name), first(name, "nm", 0.1)
    np.testing.assert_allclose(stated.wavelength, plain.wavelength, rtol=1e-6)
    known = stated.provenance
    assert known.unit in {"nm", "log10(nm)"}
    assert ", against the d" in known.unit_known_by


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize(("unit", "scale"), [("nm", 1.0), ("um", 1.0), (None, 0.1), ("furlong", 1.0)])
def test_a_unit_that_makes_no_spectrum_of_the_survey_is_rejected(
    name: str, unit: str | None, scale: float
) -> None:
    if name == "gaia" and unit == "nm":
        unit = "Angstrom"  # its own unit is nm
    if name in {"multimodal", "pypeit"} and unit == "nm":
        unit = "um"  # it holds spectra of many instruments
    with pytest.raises(UnreadableSpectrum, match=r"wrong|is not known|beyond 1 mm"):
        first(name, unit, scale)


@pytest.mark.parametrize("name", ["lamost", "sdss-plate", "sdss-image"])
def test_iraf_words_in_the_header_of_a_survey_count(name: str) -> None:
    raw = SAMPLES[name].make("Angstrom", 1.0)
    words = b"WAT1_001= 'wtype=linear label=Wavelength units=nm'".ljust(80)
    at = raw.index(b"CUNIT1  =")
    with pytest.raises(UnreadableSpectrum, match="WAT1 units"):
        read(raw[:at] + words + raw[at + 80 :], name="x.fits")


@pytest.mark.parametrize("name", ["lamost", "sdss-plate", "sdss-image", "apogee", "galah", "desi"])
def test_a_frame_that_the_file_states_is_followed_and_says_so(name: str) -> None:
    raw = SAMPLES[name].make("Angstrom", 1.0)
    at = raw.index(b"BUNIT   =" if name == "desi" else b"CUNIT1  =")
    is_air = name != "galah"
    flag = f"VACUUM  = {'F' if is_air else 'T':>20}".encode().ljust(80)
    raw = raw[:at] + flag + raw[at + 80 :]
    if name == "desi":
        raw = raw.replace(b"BUNIT   = 'Angstrom'".ljust(80), flag)
    known = read(raw, name="x.fits")[0].provenance
    assert known.frame == ("air" if is_air else "vacuum")
    assert known.frame_known_by.startswith("VACUUM, against the data model of")


def test_the_arms_of_desi_state_one_unit() -> None:
    raw = SAMPLES["desi"].make("Angstrom", 1.0)
    at = raw.rindex(b"BUNIT   = 'Angstrom'")
    other = b"BUNIT   = '0.1 um  '"
    with pytest.raises(UnreadableSpectrum, match=r"different units|wrong"):
        read(raw[:at] + other + raw[at + len(other) :])


@pytest.mark.parametrize("name", ["image", "table"])
@pytest.mark.parametrize(("text", "scale"), [("wavelengths in nm", 0.1), ("Wavelength units: micron", 1e-4)])
def test_a_comment_card_states_the_unit_where_nothing_else_does(name: str, text: str, scale: float) -> None:
    raw = SAMPLES[name].make(None, scale)
    at = raw.rindex(b"END".ljust(80))
    end = b"COMMENT " + text.encode().ljust(72) + b"END".ljust(80)
    found = read(raw[:at] + end + raw[at + 160 :], name="x.fits")[0]
    np.testing.assert_allclose(found.wavelength, first(name, "Angstrom").wavelength, rtol=1e-9)
    assert not found.provenance.unit_assumed
    assert "omment" in found.provenance.unit_known_by.lower()
