import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra import Spectrum, UnreadableSpectrum
from spectra.reading.content import Content
from spectra.reading.entry import spectra_of
from spectra.reading.quicklook import QuickLook
from tests.unit.spectra.reading.fits_bytes import BLOCK, card, image, lamost, table

IRAF = {"CRVAL1": 6000.0, "CDELT1": 1.0, "CRPIX1": 1.0, "CTYPE1": "LINEAR", "OBJECT": "HD 1"}
NOISE = np.random.default_rng(1).normal(1.0, 0.1, 1000).astype(np.float32)


def middle(grid):
    return slice(len(grid) // 3, len(grid) // 2)


def complete(content: Content) -> Spectrum | UnreadableSpectrum:
    (found,) = spectra_of(content)
    return found


def assert_same_window(quick: Spectrum, whole: Spectrum | UnreadableSpectrum) -> None:
    assert isinstance(whole, Spectrum)
    window = middle(whole.wavelength)
    np.testing.assert_array_equal(quick.wavelength, whole.wavelength[window])
    np.testing.assert_array_equal(quick.flux, whole.flux[window])
    for known in ("name", "ra", "dec", "label", "group", "unit", "frame", "source"):
        assert getattr(quick.meta, known) == getattr(whole.meta, known)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    "data",
    [
        lamost(1000, flux=NOISE),
        lamost(1000, flux=NOISE, CLASS="GALAXY", DESIG="Non"),
        lamost(1000, flux=NOISE, RA=10.5, DEC=-3.25),
        image(NOISE, {**IRAF, "RA": "12:30:00", "DEC": "-45:00:00", "EQUINOX": 2000.0}),
        image(NOISE, IRAF),
        image(NOISE.astype(np.float64).reshape(1, -1), IRAF),
        image(NOISE, {"CRVAL1": 3.5, "CD1_1": 1e-4, "DC-FLAG": 1, "VACUUM": True}),
    ],
)
def test_a_quick_look_sees_the_window_as_the_complete_reading_does(data: bytes, packed: bool) -> None:
    content = Content("folder/star.fits", gzip.compress(data) if packed else data)
    look = QuickLook(middle)
    for _ in range(3):  # by a new plan, by the kept one, and with the share of packed bytes learned
        found = look.spectrum(content)
        assert found is not None
        assert_same_window(found, complete(content))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"1 2\n3 4\n",
        b"\x1f\x8bno gzip at all, only its first bytes",
        gzip.compress(b"1 2\n3 4\n", mtime=0),
        lamost()[: BLOCK + 1000],
        gzip.compress(lamost(1000, flux=NOISE))[:-1000],
        lamost() + lamost(),
        lamost(flux=np.full(100, np.nan, np.float32)),
        lamost(COEFF1=-0.0001),
        image(NOISE),
        image(NOISE, {**IRAF, "BSCALE": 2.0}),
        image(NOISE, {**IRAF, "CUNIT1": "nm"}),
        image(NOISE, {**IRAF, "CTYPE1": "MULTISPE"}),
        image(NOISE.astype(np.int32), IRAF),
        image(NOISE.reshape(2, -1), IRAF),
        image(np.ones(20_000, np.float32), IRAF),
        table({"flux": NOISE, "loglam": np.linspace(3.6, 3.7, 1000).astype(np.float32)}),
    ],
)
def test_what_is_out_of_the_ordinary_is_left_to_the_complete_reading(data: bytes) -> None:
    assert QuickLook(middle).spectrum(Content("it", data)) is None


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "CRVAL1": st.sampled_from([3.5, 4000.0, "4000", 1.5e9, 1e308, "NaN"]),
                "CDELT1": st.sampled_from([0.0, 1e-4, 1.0, -1.0, 1e308]),
                "CD1_1": st.sampled_from([0.0, 2e-4, 2.0]),
                "CRPIX1": st.sampled_from([1.0, 5]),
                "CTYPE1": st.sampled_from(["LINEAR", "WAVE", "AWAV", "FREQ", "MULTISPE", "VELO", "", "X"]),
                "CUNIT1": st.sampled_from(["", "Angstrom", "nm", "Hz", "furlong"]),
                "DC-FLAG": st.sampled_from([0, 1]),
                "VACUUM": st.sampled_from([True, False, "yes"]),
                "TELESCOP": st.sampled_from(["", "HST", "SDSS 2.5-M"]),
                "OBJECT": st.sampled_from(["HD 1", "HD 2"]),
                "RESTFREQ": st.sampled_from([0.0, 1.4e9]),
                "BZERO": st.sampled_from([0.0, 1.0]),
            }
        ),
        min_size=2,
        max_size=8,
    )
)
def test_what_was_learned_from_one_header_is_never_wrong_for_another(
    headers: list[dict[str, object]],
) -> None:
    look = QuickLook(middle)
    for cards in headers:
        content = Content("star.fits", image(NOISE, cards))
        found = look.spectrum(content)
        if found is not None:
            assert_same_window(found, complete(content))


def test_a_card_that_only_some_headers_make_matter_tells_them_apart() -> None:
    look = QuickLook(middle)
    for step, other_step in ((1.0, 2.0), (0.0, 2.0), (0.0, 3.0), (1.0, 3.0)):
        cards = {"CRVAL1": 6000.0, "CDELT1": step, "CD1_1": other_step}
        content = Content("star.fits", image(NOISE, cards))
        found = look.spectrum(content)
        assert found is not None
        assert_same_window(found, complete(content))


@pytest.mark.parametrize("keyword", ["COMMENT", "HISTORY"])
def test_a_remark_about_the_axis_tells_files_apart(keyword: str) -> None:
    look = QuickLook(middle)
    seen = []
    for remark in ("wavelengths in vacuum", "wavelengths in air (Angstrom)", "by the night assistant"):
        data = image(NOISE, {"CRVAL1": 6000.0, "CDELT1": 1.0, "DUMMY": 0})
        content = Content(
            "star.fits", data.replace(card("DUMMY", 0), f"{keyword:<8}{remark}".encode().ljust(80))
        )
        found = look.spectrum(content)
        assert found is not None
        assert_same_window(found, complete(content))
        seen.append(found.wavelength[0])
    assert len(set(seen)) == 2


def test_pixels_that_are_not_needed_need_not_be_numbers() -> None:
    flux = NOISE.copy()
    flux[:10] = np.nan
    content = Content("star.fits", lamost(1000, flux=flux))
    found = QuickLook(middle).spectrum(content)
    assert found is not None
    assert_same_window(found, complete(content))


def test_damage_behind_the_window_is_noticed_by_the_complete_reading_only() -> None:
    noise = np.random.default_rng(2).normal(size=(5, 1000)).astype(np.float32)
    cards = {"TELESCOP": "LAMOST", "COEFF0": 3.5682, "COEFF1": 0.0001}
    packed = bytearray(gzip.compress(image(noise, cards)))
    packed[-6] ^= 0xFF  # of the checksum
    content = Content("star.fits.gz", bytes(packed))
    assert QuickLook(middle).spectrum(content) is not None
    assert "gzip data are broken" in str(complete(content))


def test_a_bomb_is_not_unpacked() -> None:
    bomb = gzip.compress(lamost(100) + bytes(64 << 20))
    assert QuickLook(middle).spectrum(Content("bomb.fits.gz", bomb)) is None
    small_promise = bomb[:-4] + (5 * BLOCK).to_bytes(4, "little")
    assert QuickLook(middle).spectrum(Content("bomb.fits.gz", small_promise)) is None
