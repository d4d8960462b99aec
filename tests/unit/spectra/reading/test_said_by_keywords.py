"""What keywords, remarks and names of masks say: the frame, the unit, which pixels are good, the position."""

import io
from collections.abc import Mapping

import numpy as np
import pytest
from astropy.io import fits

from spectra import Spectrum, UnreadableSpectrum, read
from spectra.air import air_to_vacuum
from spectra.reading.planes.masks import bad_of
from spectra.reading.planes.words import Role, is_inverted, role_of_column, role_of_text
from spectra.reading.units import spectral_unit
from spectra.reading.units.comments import frame_of_comments, unit_of_comments
from spectra.reading.units.frames import frame_of_keyword

N = 60
W = np.linspace(5000.0, 5100.0, N)
F = 1.0 + 0.1 * np.sin(W / 3.0)


def image(cards: Mapping[str, object], remarks: Mapping[str, str] | None = None, size: float = 1.0) -> bytes:
    hdu = fits.PrimaryHDU(F)
    hdu.header.update({"CRVAL1": W[0] / size, "CDELT1": (W[1] - W[0]) / size, **cards})
    for keyword, text in (remarks or {}).items():
        hdu.header[keyword] = text
    out = io.BytesIO()
    hdu.writeto(out)
    return out.getvalue()


def table(*columns: fits.Column, **cards: object) -> bytes:
    hdu = fits.BinTableHDU.from_columns(
        [fits.Column("WAVE", "D", unit="Angstrom", array=W), fits.Column("FLUX", "D", array=F), *columns]
    )
    hdu.header.update(cards)
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(out)
    return out.getvalue()


def only(data: bytes) -> Spectrum:
    (spectrum,) = read(data)
    return spectrum


@pytest.mark.parametrize(
    ("keyword", "value", "frame"),
    [
        *(("VACWAVE", value, "vacuum") for value in (True, 1, "T", "true", "yes", "vacuum")),
        *(("VACWAVE", value, "air") for value in (False, 0, "F", "false", "air")),
        *(("AIR", value, "air") for value in (True, 1, "T", "true", "air")),
        *(("AIR", value, "vacuum") for value in (False, 0, "F", "vacuum")),
        ("WAVEVAC", True, "vacuum"), ("WAVE_VAC", 1, "vacuum"), ("WAVE_AIR", "T", "air"),
        ("WAVEAIR", 0, "vacuum"), ("AIRORVAC", "air", "air"), ("AIR_VAC", "Vacuum", "vacuum"),
        ("VACORAIR", "AIR", "air"), ("ISVACUUM", True, "vacuum"), ("INAIR", True, "air"),
        ("WAVEREF", "vacuum", "vacuum"), ("WAVE_REF", "air", "air"), ("MEDIUM", "air", "air"),
    ],
)  # fmt: skip
def test_a_keyword_states_the_frame_in_images_and_tables(keyword: str, value: object, frame: str) -> None:
    expected = air_to_vacuum(W) if frame == "air" else W
    for data in (image({keyword: value}), table(**{keyword: value})):
        spectrum = only(data)
        assert spectrum.meta.frame == frame
        assert spectrum.wavelength == pytest.approx(expected, rel=1e-9)
        assert "frame_assumed" not in spectrum.meta.extra
        assert spectrum.provenance.frame_known_by.startswith(keyword)


@pytest.mark.parametrize(
    ("keyword", "value"),
    [("AIR", 1.2), ("AIR", 1.0), ("VACUUM", 1e-6), ("AIRMASS", 1), ("AIRORVAC", True), ("FRAME", "ICRS")],
)
def test_what_is_no_statement_about_a_frame_states_none(keyword: str, value: object) -> None:
    assert frame_of_keyword(keyword, value) is None


def test_keywords_that_contradict_each_other_are_rejected() -> None:
    with pytest.raises(UnreadableSpectrum, match="vacuum by WAVEVAC and air by AIR"):
        read(image({"WAVEVAC": True, "AIR": True}))


@pytest.mark.parametrize(
    ("line", "frame"),
    [
        ("VACWAVE = T", "vacuum"), ("in_air: true", "air"), ("the wavelength frame: air", "air"),
        ("AIRORVAC = 'vacuum'", "vacuum"), ("wavelengths in air: 3000", "air"), ("airmass = 1", None),
        ("pressure: 1", None),
    ],
)  # fmt: skip
def test_a_comment_line_states_the_frame_as_a_keyword_does(line: str, frame: str | None) -> None:
    assert frame_of_comments([line]) == frame


@pytest.mark.parametrize("keyword", ["COMMENT", "HISTORY"])
@pytest.mark.parametrize("text", ["wavelength in nm", "Wavelength unit: nm", "X unit (nm)"])
def test_a_unit_is_read_from_remarks(keyword: str, text: str) -> None:
    spectrum = only(image({}, {keyword: text}, size=10.0))
    assert spectrum.meta.unit == "nm"
    assert spectrum.wavelength == pytest.approx(air_to_vacuum(W), rel=1e-9)


def test_the_unit_before_a_conversion_is_not_taken() -> None:
    for line in ("wavelengths converted from nm to Angstrom", "lambda scale changed (nm into Angstrom)"):
        unit = unit_of_comments([line])
        assert unit is not None
        assert unit.name == "Angstrom"


@pytest.mark.parametrize(
    ("keyword", "value"), [("WAVEUNIT", -9), ("WAVEUNIT", "nm"), ("WUNIT", "nm"), ("LAMUNIT", "nanometer")]
)
def test_a_keyword_without_a_number_states_the_unit(keyword: str, value: object) -> None:
    spectrum = only(image({keyword: value, "VACUUM": True}, size=10.0))
    assert spectrum.wavelength == pytest.approx(W, rel=1e-9)
    assert spectrum.provenance.unit_known_by == keyword
    assert not spectrum.provenance.unit_assumed


@pytest.mark.parametrize(
    "name", ["USE", "good_mask", "GOOD", "mask_good", "GPM", "valid", "good_pixels", "use_flag", "OK"]
)
def test_a_mask_of_good_pixels_is_turned(name: str) -> None:
    good = np.arange(N) % 10 != 0
    assert role_of_column(name) is Role.MASK
    assert is_inverted(name)
    for letter in ("L", "J"):
        spectrum = only(table(fits.Column(name, letter, array=good)))
        assert spectrum.mask is not None
        assert (spectrum.mask == ~good).all()
        assert spectrum.provenance.mask == f"column {name.upper()}"


def test_an_hdu_of_good_pixels_is_turned() -> None:
    good = (np.arange(N) % 10 != 0).astype("i2")
    for name in ("GOODPIX", "GOOD_MASK", "USE"):
        assert role_of_text(name) is Role.MASK
        out = io.BytesIO()
        fits.HDUList([
            fits.PrimaryHDU(), fits.ImageHDU(F, name="FLUX"), fits.ImageHDU(W, name="WAVELENGTH"),
            fits.ImageHDU(good, name=name),
        ]).writeto(out)  # fmt: skip
        mask = only(out.getvalue()).mask
        assert mask is not None
        assert (mask == (good == 0)).all()


@pytest.mark.parametrize("name", ["bad_pixel", "BPM", "mask", "quality", "DQ", "not_good", "flags"])
def test_a_mask_of_bad_pixels_is_not_turned(name: str) -> None:
    assert not is_inverted(name)


@pytest.mark.parametrize(
    ("comment", "bad"), [("1 = good", True), ("good=1, bad=0", True), ("0 is bad", True), ("1 = bad", False)]
)
def test_a_comment_on_a_mask_says_which_pixels_are_good(comment: str, bad: bool) -> None:
    assert bad_of(np.array([0, 1]), "MASK", comment=comment).tolist() == [bad, not bad]


def test_columns_of_one_position_in_every_pixel_tell_it() -> None:
    ra, dec, name = np.full(N, 150.1), np.full(N, 2.2), np.full(N, "NGC 1")
    columns = (
        fits.Column("ra", "D", unit="deg", array=ra), fits.Column("dec", "D", array=dec),
        fits.Column("object", "5A", array=name),
    )  # fmt: skip
    meta = only(table(*columns)).meta
    assert (meta.ra, meta.dec, meta.group) == (150.1, 2.2, "NGC 1")
    ra[3] = 150.2
    assert only(table(*columns[1:], fits.Column("ra", "D", array=ra))).meta.ra is None


@pytest.mark.parametrize("line", ["# wavelength [furlong] flux [Jy]", "# lambda[zorch], flux"])
def test_a_bracket_in_a_comment_that_is_no_unit_is_rejected_and_quoted(line: str) -> None:
    rows = "".join(f"{w:.3f} {f:.5f}\n" for w, f in zip(W, F, strict=True))
    with pytest.raises(UnreadableSpectrum, match=r"'(furlong|zorch)'.*in (a comment|the name)"):
        read(f"{line}\n{rows}".encode())
    for known in ("# wavelength [vacuum] flux", "# wavelength [Angstrom]", "# wavelength [1]"):
        assert len(read(f"{known}\n{rows}".encode())) == 1


def test_a_point_behind_a_unit_says_nothing() -> None:
    unit = spectral_unit("nm.")
    assert unit is not None
    assert unit.name == "nm"
