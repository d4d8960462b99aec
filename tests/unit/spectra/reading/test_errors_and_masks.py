"""Errors and masks under every name that files use, in every reader; what says nothing masks nothing."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from spectra import Spectrum, read
from spectra.reading.planes.errors import error_column, weights
from spectra.reading.planes.masks import mask_column
from spectra.reading.planes.words import Role, role_of_text
from spectra.spectrum import ErrorSource

N = 40
WAVE = np.linspace(5000.0, 5100.0, N)
FLUX = 1.0 + 0.1 * np.sin(WAVE)
SIGMA, VARIANCE, IVAR = np.full(N, 0.01), np.full(N, 1e-4), np.full(N, 1e4)
NAMES = {
    "sigma": ("ERR", "err_flux", "NOISE", "STDEV", "STATERROR", "FLUX_UNC", "FLAM_SIG", "SIGMA_FLUX",
              "e_flux", "fluxError", "uncertainty", "flux_std", "Error (erg/s)"),
    "variance": ("VAR", "VARIANCE", "fluxVariance", "flux_var", "STAT"),
    "ivar": ("IVAR", "flux_ivar", "invvar", "inverse_variance"),
}  # fmt: skip
VALUES = {"sigma": SIGMA, "variance": VARIANCE, "ivar": IVAR}
EVERY_NAME = [(kind, name) for kind, names in NAMES.items() for name in names]


def fits_table(
    columns: dict[str, np.ndarray], cards: dict[str, object] | None = None, **primary: object
) -> bytes:
    hdu = fits.BinTableHDU(Table(columns))
    hdu.header.update(cards or {})
    first = fits.PrimaryHDU()
    first.header.update(primary)
    out = io.BytesIO()
    fits.HDUList([first, hdu]).writeto(out)
    return out.getvalue()


def text(columns: dict[str, np.ndarray]) -> bytes:
    lines = ["\t".join(columns), *("\t".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    return "\n".join(lines).encode()


def votable(columns: dict[str, np.ndarray]) -> bytes:
    out = io.BytesIO()
    Table(columns).write(out, format="votable")
    return out.getvalue()


def npz(columns: dict[str, np.ndarray]) -> bytes:
    out = io.BytesIO()
    np.savez(out, **columns)
    return out.getvalue()


def parquet(columns: dict[str, np.ndarray]) -> bytes:
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.parquet as pq  # noqa: PLC0415

    out = io.BytesIO()
    pq.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), out)
    return out.getvalue()


WRITERS = {"fits": fits_table, "text": text, "votable": votable, "npz": npz, "parquet": parquet}


def only(data: bytes) -> Spectrum:
    (spectrum,) = read(data)
    return spectrum


@pytest.mark.filterwarnings("ignore:.*W03")  # astropy, writing a name with brackets to a VOTable
@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize(("kind", "name"), EVERY_NAME)
def test_errors_of_every_name_and_kind_become_inverse_variances(writer: str, kind: str, name: str) -> None:
    spectrum = only(WRITERS[writer]({"wavelength": WAVE, "flux": FLUX, name: VALUES[kind]}))
    assert spectrum.ivar == pytest.approx(IVAR, rel=1e-6)
    assert spectrum.mask is None
    errors = spectrum.provenance.errors
    assert isinstance(errors, ErrorSource)
    assert errors.kind == kind


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("name", ["err", "variance", "ivar"])
@pytest.mark.parametrize("nothing", [0.0, np.nan, -1.0], ids=str)
def test_errors_without_one_positive_finite_number_are_none(writer: str, name: str, nothing: float) -> None:
    columns = {"wavelength": WAVE, "flux": FLUX, name: np.full(N, nothing)}
    spectrum = only(WRITERS[writer](columns))
    assert (spectrum.ivar, spectrum.mask) == (None, None)
    assert name in spectrum.meta.extra["errors_ignored"].lower()
    assert spectrum.provenance.errors is None


@pytest.mark.parametrize("writer", WRITERS)
def test_a_few_zeros_among_good_errors_are_bad_pixels(writer: str) -> None:
    errors = SIGMA.copy()
    errors[[3, 7]] = 0.0
    spectrum = only(WRITERS[writer]({"wavelength": WAVE, "flux": FLUX, "err": errors}))
    assert spectrum.mask is not None
    assert list(np.flatnonzero(spectrum.mask)) == [3, 7]


@pytest.mark.parametrize(
    "name", ["Z_ERR", "wave_err", "sky_sigma", "continuum_err", "counts_ivar", "sys_err"]
)
def test_errors_of_something_else_are_not_taken(name: str) -> None:
    assert only(fits_table({"WAVE": WAVE, "FLUX": FLUX, name: SIGMA})).ivar is None


def test_errors_belong_to_their_flux() -> None:
    names = ["OPT_WAVE", "OPT_COUNTS", "OPT_COUNTS_IVAR", "OPT_FLAM", "OPT_FLAM_SIG", "BOX_FLAM_SIG"]
    found = {flux: error_column(names, flux) for flux in ("OPT_FLAM", "OPT_COUNTS")}
    assert {flux: column.name for flux, column in found.items() if column} == {
        "OPT_FLAM": "OPT_FLAM_SIG",
        "OPT_COUNTS": "OPT_COUNTS_IVAR",
    }
    eso = ["WAVE", "FLUX_REDUCED", "ERR_REDUCED", "FLUX", "ERR"]
    both = [error_column(eso, "FLUX"), error_column(eso, "FLUX_REDUCED")]
    assert [column.name for column in both if column] == ["ERR", "ERR_REDUCED"]


def test_a_zero_inverse_variance_is_a_statement_only_beside_positive_ones() -> None:
    columns = {"WAVE": np.tile(WAVE, (2, 1)), "FLUX": np.tile(FLUX, (2, 1))}
    dead, alive = read(fits_table({**columns, "IVAR": np.stack([np.zeros(N), IVAR])}))
    assert dead.mask is not None
    assert dead.mask.all()
    assert alive.mask is None
    assert all(one.mask is None for one in read(fits_table({**columns, "IVAR": np.zeros((2, N))})))
    unknown, known = read(fits_table({**columns, "ERR": np.stack([np.zeros(N), SIGMA])}))
    assert (unknown.ivar, unknown.mask) == (None, None)
    assert known.ivar is not None


def test_weights_of_numbers_that_are_too_small_are_zero() -> None:
    assert weights(np.array([1e-200, 2.0]), "sigma") == pytest.approx([0.0, 0.25])
    assert weights(np.array([5e-324, 2.0]), "variance") == pytest.approx([0.0, 0.5])


FLAGGED = [4, 9]
BITS = np.isin(np.arange(N), FLAGGED).astype(np.int32)


@pytest.mark.parametrize("name", ["QUAL", "DQ", "mask", "QUALITY", "flags", "flux_mask"])
@pytest.mark.parametrize("values", [BITS * 8, BITS.astype(bool)], ids=["bits", "logical"])
@pytest.mark.parametrize("writer", WRITERS)
def test_flags_of_every_name_mark_bad_pixels(writer: str, name: str, values: np.ndarray) -> None:
    spectrum = only(WRITERS[writer]({"wavelength": WAVE, "flux": FLUX, name: values}))
    assert spectrum.mask is not None
    assert list(np.flatnonzero(spectrum.mask)) == FLAGGED
    assert spectrum.provenance.mask is not None


@pytest.mark.parametrize(
    ("primary", "cards", "flags", "bad"),
    [
        ({"TELESCOP": "HST"}, {"SDQFLAGS": 8346}, {0: 4, 1: 1024, 2: 16, 3: 8192}, [2, 3]),
        ({"TELESCOP": "HST"}, {"SDQFLAGS": 31743}, {0: 1024, 1: 1, 2: 16384}, [1, 2]),
        ({"TELESCOP": "HST", "SDQFLAGS": 2}, {}, {0: 1, 1: 2}, [1]),
        ({"TELESCOP": "HST"}, {}, {0: 4}, [0]),
        ({"TELESCOP": "JWST"}, {}, {0: 4, 1: 1, 2: 5}, [1, 2]),
        ({}, {}, {0: 4, 1: 1}, [0, 1]),
    ],
)
def test_which_bits_are_bad_depends_on_who_wrote_them(
    primary: dict[str, object], cards: dict[str, object], flags: dict[int, int], bad: list[int]
) -> None:
    quality = np.zeros(N, np.int16)
    quality[list(flags)] = list(flags.values())
    mask = only(fits_table({"WAVELENGTH": WAVE, "FLUX": FLUX, "DQ": quality}, cards, **primary)).mask
    assert mask is not None
    assert list(np.flatnonzero(mask)) == bad


def test_pixels_that_cos_excludes_are_bad() -> None:
    columns = {"WAVELENGTH": WAVE, "FLUX": FLUX, "DQ": 0 * BITS, "DQ_WGT": 1.0 - BITS}
    mask = only(fits_table(columns, {"SDQFLAGS": 8346}, TELESCOP="HST")).mask
    assert mask is not None
    assert list(np.flatnonzero(mask)) == FLAGGED


def test_pypeit_and_columns_of_good_pixels_are_the_other_way_round() -> None:
    columns = {"wave": WAVE, "flux": FLUX}
    for data in (
        fits_table({**columns, "mask": 1 - BITS}, VERSPYP="1.15.0"),
        fits_table({**columns, "good": 1 - BITS}),
    ):
        mask = only(data).mask
        assert mask is not None
        assert list(np.flatnonzero(mask)) == FLAGGED


def test_an_and_mask_of_sdss_has_bits_that_make_no_pixel_bad() -> None:
    bits = np.zeros(N, "i4")
    bits[3], bits[5] = 1 << 22, 1 << 4
    columns = {"wavelength": WAVE, "flux": FLUX, "and_mask": bits}
    assert list(np.flatnonzero(only(fits_table(columns)).mask)) == [3]  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "good"), [("isbad", 0), ("rejected", 0), ("not_masked", 1), ("isgood", 1)])
def test_the_name_of_a_mask_says_which_value_is_bad(name: str, good: int) -> None:
    values = np.full(N, good)
    values[7] = 1 - good
    assert list(np.flatnonzero(only(text({"wave": WAVE, "flux": FLUX, name: values})).mask)) == [7]  # type: ignore[arg-type]


def test_unsigned_flags_of_fits_are_not_offset() -> None:
    spectrum = only(fits_table({"WAVE": WAVE, "FLUX": FLUX, "DQ": BITS.astype(np.uint32)}))
    assert spectrum.mask is not None
    assert list(np.flatnonzero(spectrum.mask)) == FLAGGED


@pytest.mark.parametrize(
    ("said", "role"),
    [
        ("spectrum - background fit, weights variance, clean no", Role.FLUX),
        ("raw - background none, weights none, clean no", Role.OTHER),
        ("background - background fit", Role.OTHER),
        ("sigma - background fit, weights variance, clean no", Role.SIGMA),
        ("Spectrum_nofluxcal", Role.FLUX),
        ("Error_nofluxcal", Role.SIGMA),
        ("sky subtracted spectrum", Role.FLUX),
        ("SCIDATA", Role.FLUX),
        ("ERRDATA", Role.SIGMA),
        ("QUALDATA", Role.MASK),
        ("F_lambda", Role.FLUX),
        ("WAVELENGTH", Role.WAVELENGTH),
        ("STAT", Role.VARIANCE),
        ("Sky", Role.OTHER),
        ("NGC 253", None),
    ],
)
def test_a_text_tells_what_a_plane_holds(said: str, role: Role | None) -> None:
    assert role_of_text(said) is role


def test_long_names_are_not_looked_at() -> None:
    assert error_column(["err" * 100_000], "flux") is None
    assert mask_column(["mask" * 100_000], "flux") is None


def test_a_side_table_in_small_letters_does_not_stand_in_the_way(tmp_path: Path) -> None:
    image = fits.ImageHDU(np.ones(30, "f4"), name="DATA")
    image.header.update(CTYPE1="AWAV", CUNIT1="Angstrom", CRVAL1=4750.0, CDELT1=1.25, CRPIX1=1.0)
    table = fits.BinTableHDU(Table({"LBDA": [5007.0]}), name="LINES")
    path = tmp_path / "lines.fits"
    fits.HDUList([fits.PrimaryHDU(), image, table]).writeto(path)
    for form in (b"d", b"?"):
        path.write_bytes(path.read_bytes().replace(b"TFORM1  = 'D", b"TFORM1  = '" + form))
        assert len(only(path.read_bytes()).flux) == 30


def test_arrays_of_different_lengths_are_one_spectrum_each() -> None:
    arrays = [np.empty(2, object), np.empty(2, object)]
    for column, value in zip(arrays, (4000.0, 1.0), strict=True):
        column[0], column[1] = value + np.arange(100.0), value + np.arange(60.0)
    columns = [
        fits.Column(name, "PD()", array=array) for name, array in zip(("WAVE", "FLUX"), arrays, strict=True)
    ]
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(out)
    assert [len(spectrum.flux) for spectrum in read(out.getvalue())] == [100, 60]
