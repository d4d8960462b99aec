import gzip
from pathlib import Path

import numpy as np
import pytest

from spectra import Spectrum, UnreadableSpectrum, iter_spectra, original, read
from spectra.air import air_to_vacuum
from tests.unit.spectra.reading.fits_bytes import image, lamost, table

VELOCITY = {"CRVAL1": -10.0, "CDELT1": 2.0, "CTYPE1": "VELO", "CUNIT1": "km/s"}


def test_a_lamost_axis_is_made_of_its_coefficients_not_of_row_2() -> None:
    spectrum = read(lamost(100))[0]
    assert spectrum.wavelength == pytest.approx(10 ** (3.5682 + 0.0001 * np.arange(100)), rel=1e-12)
    assert (spectrum.meta.label, spectrum.meta.group) == ("K", "LAMOST J095249.16+291008.7")
    assert (spectrum.meta.frame, spectrum.meta.unit) == ("vacuum", "log10(Angstrom)")


def test_equal_grids_are_the_same_array_and_cannot_be_written() -> None:
    first, second, third = (read(lamost(n))[0] for n in (120, 120, 121))
    assert first.wavelength is second.wavelength
    assert first.wavelength is not third.wavelength
    assert not first.wavelength.flags.writeable


def test_the_subclass_non_means_not_known() -> None:
    meta = read(lamost(SUBCLASS="Non", CLASS="GALAXY"))[0].meta
    assert meta.label == "GALAXY"
    assert "subclass" not in meta.extra


def test_an_sdss_image_of_lamosts_shape_has_its_error_in_row_2() -> None:
    planes = np.ones((5, 50), dtype=np.float32)
    planes[1], planes[2], planes[3] = -7.0, 2.0, 0.0
    cards = {"TELESCOP": "SDSS 2.5-M", "COEFF0": 3.58, "COEFF1": 0.0001, "SPEC_CLN": 3}
    spectrum = read(image(planes, cards))[0]
    assert spectrum.ivar == pytest.approx(np.full(50, 0.25))
    assert spectrum.meta.label == "QSO"


@pytest.mark.parametrize("case", [str.upper, str.lower])
def test_an_sdss_table_is_read_whatever_the_case_of_its_names(case: type) -> None:
    loglam = (3.58 + 0.0001 * np.arange(60)).astype(np.float32)
    ones = np.ones(60, dtype=np.float32)
    spectrum = read(table({case("flux"): ones, case("loglam"): loglam, case("ivar"): ones}))[0]
    assert spectrum.wavelength[0] == pytest.approx(10**3.58, rel=1e-6)
    assert spectrum.ivar is not None


def test_only_the_mask_bits_that_mean_a_bad_pixel_make_one() -> None:
    bits = np.zeros(60, dtype=np.int32)
    bits[5], bits[6] = 1 << 8, 1 << 24  # NEARWHOPPER speaks of the fibre, NODATA of the pixel
    columns = {
        "flux": np.ones(60, np.float32),
        "loglam": (3.58 + 0.0001 * np.arange(60)).astype(np.float32),
        "and_mask": bits,
    }
    mask = read(table(columns))[0].mask
    assert mask is not None
    assert list(np.flatnonzero(mask)) == [6]


def test_later_lamost_tables_hold_one_row_of_arrays() -> None:
    columns = {
        "FLUX": np.ones((1, 40), np.float32),
        "WAVELENGTH": np.linspace(3700, 9000, 40, dtype=np.float32)[None],
    }
    spectrum = read(table(columns, {"TELESCOP": "LAMOST"}))[0]
    assert (len(spectrum.flux), spectrum.meta.source.hdu) == (40, 1)


def test_log10_images_without_cdelt1_use_cd1_1_and_are_in_air() -> None:
    cards = {"CRVAL1": 3.6, "CD1_1": 1e-4, "CRPIX1": 1.0, "DC-FLAG": 1, "CTYPE1": "LINEAR"}
    spectrum = read(image(np.ones(30, np.float32), cards))[0]
    assert spectrum.wavelength == pytest.approx(air_to_vacuum(10 ** (3.6 + 1e-4 * np.arange(30))), rel=1e-12)
    assert spectrum.meta.frame == "air"


@pytest.mark.parametrize(
    ("stated", "frame"),
    [({"VACUUM": True}, "vacuum"), ({"CTYPE1": "WAVE"}, "vacuum"), ({"CTYPE1": "AWAV"}, "air")],
)
def test_a_frame_that_the_header_states_wins_over_the_rule(stated: dict[str, object], frame: str) -> None:
    cards = {"CRVAL1": 5000.0, "CDELT1": 1.0, **stated}
    spectrum = read(image(np.ones(30, np.float32), cards))[0]
    assert spectrum.meta.frame == frame
    assert "frame_assumed" not in spectrum.meta.extra


def test_a_descending_axis_is_turned_round_with_its_flux() -> None:
    cards = {"CRVAL1": 6000.0, "CDELT1": -1.0, "VACUUM": True}
    spectrum = read(image(np.arange(30, dtype=np.float32), cards))[0]
    assert (np.diff(spectrum.wavelength) > 0).all()
    assert spectrum.flux[0] == 29.0


def test_positions_of_another_equinox_are_left_out() -> None:
    cards = {"CRVAL1": 5000.0, "CDELT1": 1.0, "RA": 0.2497, "DEC": 0.1084, "EQUINOX": "B1950.0"}
    assert read(image(np.ones(30, np.float32), cards))[0].meta.ra is None


def test_sexagesimal_positions_become_degrees() -> None:
    cards = {"CRVAL1": 5000.0, "CDELT1": 1.0, "RA": "06:30:00.0", "DEC": "-00:30:00", "EQUINOX": 2000.0}
    meta = read(image(np.ones(30, np.float32), cards))[0].meta
    assert (meta.ra, meta.dec) == (pytest.approx(97.5), pytest.approx(-0.5))


def test_illegal_cards_do_not_stand_in_the_way() -> None:
    whole = image(np.ones(30, np.float32), {"CRVAL1": 5000.0, "CDELT1": 1.0, "APNUM1": 1.0})
    at = whole.index(b"APNUM1")
    broken = whole[:at] + b"APNUM1  =                  1 0".ljust(80) + whole[at + 80 :]
    assert len(read(broken)[0].flux) == 30


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"SIMPLE  =                    T", "no END card"),
        (lamost(100)[:4000], "promises 2,000 bytes of data, the file holds 1,120"),
        (lamost(100, NAXIS1=2_000_000_000), "promises 40,000,000,000 bytes"),
        (lamost(100, flux=np.full(100, np.nan, np.float32)), "no finite number"),
        (lamost(100, COEFF1=-0.5), "makes no wavelengths"),
        (image(np.ones(30, np.float32)), "no spectral axis"),
        (table({"a": np.ones(3, np.float32), "b": np.ones(3, np.float32)}), "no spectral axis or columns"),
        (gzip.compress(lamost(100))[:-300], "cut short"),
        (b"\x1f\x8b" + b"\x00" * 40, "gzip data are broken"),
        (b"BZh91AY&SY", "bzip2"),
        (b"\x89HDF\r\n\x1a\n" + b"\x00" * 100, "HDF5"),
        (bytes(range(256)) * 4, "no format"),
        (image(np.ones(30, np.float32), VELOCITY), "no rest wavelength"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_broken_file_gives_one_error_that_names_it_and_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableSpectrum, match=reason) as caught:
        read(data, name="upload.fits")
    assert caught.value.source == "upload.fits"


def test_gzip_of_several_members_is_read_whole() -> None:
    whole = lamost(2000)
    packed = gzip.compress(whole[:5000]) + gzip.compress(whole[5000:])
    assert np.array_equal(read(packed)[0].flux, read(whole)[0].flux)


def test_a_source_leads_back_to_the_same_spectrum(tmp_path: Path) -> None:
    rows = np.vstack([np.ones(30), np.full(30, 2.0)]).astype(np.float32)
    path = tmp_path / "rows.fits"
    cards = {"CRVAL1": 5000.0, "CDELT1": 1.0, "APNUM1": "1 1", "APNUM2": "2 2"}
    path.write_bytes(image(rows, cards))
    second = list(iter_spectra(path, hashing=True))[1]
    again = original(second.meta.source)
    assert isinstance(again, Spectrum)
    assert again.flux[0] == 2.0
    path.write_bytes(image(rows * 3, cards))
    with pytest.raises(UnreadableSpectrum, match="has changed"):
        original(second.meta.source)


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(UnreadableSpectrum, match=r"no format 'fotis'.*lamost"):
        read(lamost(), format="fotis")
