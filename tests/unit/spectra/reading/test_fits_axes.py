"""Axes of images after FITS paper III, IRAF and the libraries that differ from both."""

import numpy as np
import pytest
from astropy.wcs import WCS

from spectra import Spectrum, UnreadableSpectrum, read
from spectra.air import air_to_vacuum
from spectra.reading.units import LIGHT
from tests.unit.spectra.reading.fits_bytes import image

REST = 1.42040575177e9
REST_ANGSTROM = LIGHT / REST * 1e10


def one(n: int = 100, **cards: object) -> Spectrum:
    named = {name.replace("_FLAG", "-FLAG"): value for name, value in cards.items()}
    return read(image(np.ones(n, np.float32), {"CRPIX1": 1.0} | named))[0]


@pytest.mark.parametrize("code", ["AWAV-LOG", "WAVE-LOG"])
def test_phoenix_writes_natural_logarithms_in_vacuum_under_the_algorithm_log(code: str) -> None:
    spectrum = one(500, CTYPE1=code, CUNIT1="Angstrom", CRVAL1=8.006368, CDELT1=1e-5)
    assert spectrum.wavelength == pytest.approx(np.exp(8.006368 + 1e-5 * np.arange(500)), rel=1e-12)
    assert spectrum.meta.frame == "vacuum"


@pytest.mark.parametrize("code", ["WAVE-LOG", "LOGLAM", "LOG-LAM", "log(wavelength)"])
def test_decimal_logarithms_are_told_from_natural_ones(code: str) -> None:
    for values in (np.log10, np.log):
        first, step = values(4000.0), values(4001.0) - values(4000.0)
        spectrum = one(50, CTYPE1=code, CRVAL1=float(first), CDELT1=float(step), VACUUM=True)
        assert spectrum.wavelength[:2] == pytest.approx([4000.0, 4001.0], rel=1e-9)


@pytest.mark.parametrize(
    ("cards", "last"),
    [
        ({"CDELT1": 1.0, "CD1_1": 0.25}, 6024.75),
        ({"CDELT1": 1.0, "PC1_1": 0.25}, 6024.75),
        ({"CD1_1": 0.25}, 6024.75),
        ({"PC1_1": 0.25}, 6024.75),
        ({"CDELT1": 0.25, "CD1_1": 0.250001}, 6024.750099),
        ({"CDELT1": 0.5, "PC1_1": 0.5}, 6024.75),
    ],
)
def test_the_step_is_cd_or_cdelt_times_pc(cards: dict[str, float], last: float) -> None:
    spectrum = one(CTYPE1="WAVE", CUNIT1="Angstrom", CRVAL1=6000.0, **cards)
    assert spectrum.wavelength[-1] == pytest.approx(last, rel=1e-12)


def test_steps_that_contradict_each_other_are_rejected() -> None:
    with pytest.raises(UnreadableSpectrum, match=r"CDELT1 = 0.5, CD1_1 = 0.25"):
        one(CTYPE1="WAVE", CUNIT1="Angstrom", CRVAL1=6000.0, CDELT1=0.5, CD1_1=0.25)


@pytest.mark.parametrize("value", [1, "T", "true", True, "yes", "Vacuum", 1.0])
def test_a_keyword_vacuum_that_says_yes_is_vacuum(value: object) -> None:
    spectrum = one(CUNIT1="Angstrom", CRVAL1=6000.0, CDELT1=1.0, VACUUM=value)
    assert (spectrum.wavelength[0], spectrum.meta.frame) == (6000.0, "vacuum")
    assert "frame_assumed" not in spectrum.meta.extra


@pytest.mark.parametrize("value", [0, "F", "false", False, "no", "air", 0.0])
def test_a_keyword_vacuum_that_says_no_is_air(value: object) -> None:
    spectrum = one(CUNIT1="Angstrom", CRVAL1=6000.0, CDELT1=1.0, VACUUM=value)
    assert spectrum.wavelength[0] == pytest.approx(air_to_vacuum([6000.0])[0])
    assert "frame_assumed" not in spectrum.meta.extra


def test_a_keyword_vacuum_that_says_neither_leaves_the_frame_assumed() -> None:
    assert one(CUNIT1="Angstrom", CRVAL1=6000.0, CDELT1=1.0, VACUUM="maybe").meta.extra["frame_assumed"]


def test_the_irtf_names_the_frame_in_wavetype() -> None:
    assert (
        one(CUNIT1="um", CRVAL1=1.0, CDELT1=0.001, WAVETYPE="Vacuum").provenance.frame_known_by == "WAVETYPE"
    )


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("VRAD", lambda beta: 1.0 / (1.0 - beta)),
        ("RADI-LSR", lambda beta: 1.0 / (1.0 - beta)),
        ("VOPT", lambda beta: 1.0 + beta),
        ("OPTI-HEL", lambda beta: 1.0 + beta),
        ("VELO", lambda beta: np.sqrt((1.0 + beta) / (1.0 - beta))),
        ("VELO-LSR", lambda beta: np.sqrt((1.0 + beta) / (1.0 - beta))),
    ],
)
def test_each_velocity_has_its_own_formula(code: str, expected: object) -> None:
    spectrum = one(11, CTYPE1=code, CUNIT1="km/s", CRVAL1=1e4, CDELT1=1.0, RESTFRQ=REST)
    beta = (1e4 + np.arange(11)) * 1e3 / LIGHT
    assert callable(expected)
    assert spectrum.wavelength == pytest.approx(REST_ANGSTROM * expected(beta), rel=1e-12)


@pytest.mark.parametrize("reference", [3, 259])
def test_aips_says_in_velref_what_a_velocity_means(reference: int) -> None:
    spectrum = one(
        11, CTYPE1="VELO-HEL", CUNIT1="m/s", CRVAL1=1e7, CDELT1=1e3, RESTFRQ=REST, VELREF=reference
    )
    beta = 1e7 / LIGHT
    factor = 1.0 / (1.0 - beta) if reference > 256 else 1.0 + beta
    assert spectrum.wavelength[0] == pytest.approx(REST_ANGSTROM * factor, rel=1e-12)


@pytest.mark.parametrize(("code", "factor"), [("ZOPT", 1.1), ("BETA", np.sqrt(1.1 / 0.9))])
def test_redshifts_and_velocities_in_units_of_light_are_computed(code: str, factor: float) -> None:
    spectrum = one(11, CTYPE1=code, CRVAL1=0.1, CDELT1=0.001, RESTFRQ=REST)
    assert spectrum.wavelength[0] == pytest.approx(REST_ANGSTROM * factor, rel=1e-9)


@pytest.mark.parametrize(
    ("code", "unit", "value", "step"),
    [
        ("WAVE-LOG", "Angstrom", 5000.0, 0.5),
        ("WAVE-F2W", "nm", 500.0, 0.05),
        ("AWAV-F2A", "Angstrom", 5000.0, 0.5),
        ("FREQ-W2F", "Hz", 6e14, -1e11),
        ("FREQ-LOG", "Hz", 6e14, -1e11),
        ("VOPT-F2W", "km/s", 1000.0, 5.0),
        ("VELO-F2V", "km/s", 1000.0, 5.0),
        ("FELO-HEL", "km/s", 1000.0, 5.0),
    ],
)
def test_the_algorithms_of_paper_three_are_those_of_wcslib(
    code: str, unit: str, value: float, step: float
) -> None:
    spectrum = one(200, CTYPE1=code, CUNIT1=unit, CRVAL1=value, CDELT1=step, CRPIX1=20.0, RESTFRQ=REST)
    world = WCS(naxis=1)
    world.wcs.ctype = [code.replace("FELO-HEL", "VOPT-F2W")]
    world.wcs.cunit, world.wcs.crval, world.wcs.cdelt, world.wcs.crpix = [unit], [value], [step], [20.0]
    world.wcs.restfrq = REST
    world.wcs.set()
    values = world.wcs_pix2world(np.arange(1.0, 201.0), 1)[0]
    expected = {
        "WAVE": lambda: values * 1e10, "AWAV": lambda: air_to_vacuum(values * 1e10),
        "FREQ": lambda: LIGHT / values * 1e10, "VOPT": lambda: REST_ANGSTROM * (1.0 + values / LIGHT),
        "FELO": lambda: REST_ANGSTROM * (1.0 + values / LIGHT),
        "VELO": lambda: REST_ANGSTROM * np.sqrt((1.0 + values / LIGHT) / (1.0 - values / LIGHT)),
    }[code[:4]]()  # fmt: skip
    assert spectrum.wavelength == pytest.approx(np.sort(expected), rel=1e-9)
    assert not np.allclose(values, np.linspace(values[0], values[-1], 200), rtol=1e-9, atol=0.0)


@pytest.mark.parametrize("algorithm", ["TAB", "GRI", "GRA"])
def test_an_algorithm_that_is_not_computed_is_rejected_by_name(algorithm: str) -> None:
    with pytest.raises(UnreadableSpectrum, match=f"WAVE-{algorithm}"):
        one(CTYPE1=f"WAVE-{algorithm}", CUNIT1="Angstrom", CRVAL1=5000.0, CDELT1=1.0)


SECOND = {
    "CTYPE1": "LINEAR", "CRVAL1": 1.0, "CDELT1": 0.2, "CTYPE2": "WAVE", "CUNIT2": "Angstrom",
    "CRVAL2": 4000.0, "CDELT2": 2.5, "CRPIX2": 1.0,
}  # fmt: skip


@pytest.mark.parametrize("shape", [(400, 1), (1, 400, 1)])
def test_the_spectral_axis_is_the_one_that_ctype_calls_so(shape: tuple[int, ...]) -> None:
    found = read(image(np.ones(shape, np.float32), SECOND))
    assert len(found) == 1
    assert found[0].wavelength == pytest.approx(4000.0 + 2.5 * np.arange(400))


@pytest.mark.parametrize(
    ("shape", "words"), [((400, 20), "long-slit image of 20"), ((4, 400, 20), "cube of 80")]
)
def test_a_slit_or_a_cube_is_rejected_once(shape: tuple[int, ...], words: str) -> None:
    rejected: list[UnreadableSpectrum] = []
    assert read(image(np.ones(shape, np.float32), SECOND), rejected=rejected.append) == []
    assert len(rejected) == 1
    assert words in rejected[0].reason


@pytest.mark.parametrize("shape", [(1,), (20, 1)])
def test_no_spectrum_has_fewer_than_two_pixels(shape: tuple[int, ...]) -> None:
    rejected: list[UnreadableSpectrum] = []
    data = image(
        np.ones(shape, np.float32), {"CTYPE1": "WAVE", "CUNIT1": "Angstrom", "CRVAL1": 5000.0, "CDELT1": 1.0}
    )
    assert read(data, rejected=rejected.append) == []
    assert rejected


@pytest.mark.parametrize(
    ("cards", "first"),
    [
        ({"CTYPE1": "WAVE", "CRVAL1": 4.75e-7, "CDELT1": 1.25e-10}, 4750.0),
        ({"CTYPE1": "FREQ", "CRVAL1": 5.99584916e14, "CDELT1": -1e10}, 5000.0),
        ({"CTYPE1": "ENER", "CUNIT1": "eV", "CRVAL1": 2.479683968664, "CDELT1": -1e-4}, 5000.0),
        ({"CTYPE1": "WAVN", "CUNIT1": "cm-1", "CRVAL1": 20000.0, "CDELT1": -0.5}, 5000.0),
        ({"CTYPE1": "Wavelength [nm]", "CRVAL1": 500.0, "CDELT1": 0.1, "VACUUM": True}, 5000.0),
        ({"CTYPE1": "LINEAR", "CUNIT1": "Angstrom (Vacuum)", "CRVAL1": 5000.0, "CDELT1": 0.1}, 5000.0),
    ],
)
def test_wavelengths_frequencies_energies_and_wavenumbers_are_read(
    cards: dict[str, object], first: float
) -> None:
    spectrum = one(**cards)
    assert spectrum.wavelength[0] == pytest.approx(first, rel=1e-9)
    assert spectrum.meta.frame == "vacuum"


@pytest.mark.parametrize(
    ("cards", "words"),
    [
        ({"CRVAL1": 3.58, "CDELT1": 1e-4}, "logarithms"),
        ({"CRVAL1": 0.8, "CDELT1": 1e-4}, "micron"),
        ({"CRVAL1": 1.0, "CDELT1": 1.0}, "counts pixels"),
        ({"CRVAL1": 3.58, "CDELT1": 1e-4, "CUNIT1": "Angstrom"}, "DC-FLAG"),
        ({"CRVAL1": 8.3, "CDELT1": 1e-5, "DC_FLAG": 1}, "beyond 1 mm"),
        ({"CRVAL1": 150.0, "CDELT1": 0.1, "CTYPE1": "RA---TAN"}, "no spectral axis"),
    ],
)
def test_an_axis_that_is_no_wavelength_is_rejected(cards: dict[str, object], words: str) -> None:
    with pytest.raises(UnreadableSpectrum, match=words):
        one(**cards)


@pytest.mark.parametrize(
    ("keyword", "comment"),
    [
        ("CRVAL1", "[nm] first pixel"),
        ("CRVAL1", "wavelength in nm"),
        ("CRVAL1", "Start wavelength (nanometers)"),
        ("CDELT1", "step (nm)"),
        ("CTYPE1", "nm"),
    ],
)
def test_the_comment_of_a_card_may_state_the_unit(keyword: str, comment: str) -> None:
    cards: dict[str, object] = {"CTYPE1": "LINEAR", "CRVAL1": 500.0, "CDELT1": 0.1}
    spectrum = one(VACUUM=True, **cards | {keyword: (cards[keyword], comment)})
    assert spectrum.wavelength[0] == pytest.approx(5000.0)
    assert spectrum.provenance.unit_known_by == f"the comment of {keyword}"


def test_a_remark_may_state_the_frame() -> None:
    spectrum = one(CRVAL1=5000.0, CDELT1=1.0, COMMENT="wavelengths are in vacuum")
    assert (spectrum.wavelength[0], spectrum.provenance.frame_assumed) == (5000.0, False)


def test_pixels_are_no_wavelengths_whatever_their_first() -> None:
    with pytest.raises(UnreadableSpectrum, match="counts pixels"):
        one(CRVAL1=2000.0, CDELT1=1.0, CTYPE1="PIXEL")


def test_the_provenance_of_an_image_names_its_keywords() -> None:
    known = one(CTYPE1="LINEAR", CRVAL1=3.6, CD1_1=1e-4, DC_FLAG=1, CUNIT1="Angstrom").provenance
    assert (known.format, known.hdu, known.axis) == ("image", (0, ""), "CRVAL1/CD1_1 log10")
    assert (known.unit, known.unit_known_by, known.frame_assumed) == ("log10(Angstrom)", "CUNIT1", True)
