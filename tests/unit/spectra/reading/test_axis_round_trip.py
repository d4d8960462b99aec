"""Any axis in any unit, linear or logarithmic, up or down, whole or real, scaled or not, gives the same Å."""

import io

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from spectra import read
from spectra.reading.units import LIGHT, required_unit, to_angstrom
from spectra.reading.units.unit import PLANCK
from tests.unit.spectra.reading import fits_bytes

WAVELENGTHS = {"Angstrom": 1.0, "AA": 1.0, "0.1 nm": 1.0, "nm": 10.0, "um": 1e4, "micron": 1e4, "m": 1e10}
OTHERS = {"Hz": 1.0, "GHz": 1e9, "THz": 1e12, "eV": None, "keV": None, "cm-1": 100.0, "1 / um": 1e6}
starts = st.floats(1500.0, 20_000.0)
lengths = st.integers(3, 40)
relative = st.floats(1e-4, 1e-2)


def in_unit(angstrom: npt.NDArray[np.float64], unit: str) -> npt.NDArray[np.float64]:
    """Return wavelengths in a unit, by formulas written for this test."""
    if unit in WAVELENGTHS:
        return angstrom / WAVELENGTHS[unit]
    metres = angstrom * 1e-10
    if unit in {"eV", "keV"}:
        joule = PLANCK * LIGHT / metres
        return joule / (1.602176634e-19 * (1000.0 if unit == "keV" else 1.0))
    if unit in {"cm-1", "1 / um"}:
        return 1.0 / metres / (OTHERS[unit] or 1.0)
    return LIGHT / metres / (OTHERS[unit] or 1.0)


@given(start=starts, n=lengths, step=relative, unit=st.sampled_from([*WAVELENGTHS, *OTHERS]))
def test_every_unit_leads_back_to_the_same_angstrom(start: float, n: int, step: float, unit: str) -> None:
    angstrom = start * (1.0 + step * np.arange(n))
    found = to_angstrom(in_unit(angstrom, unit), required_unit(unit))
    assert found == pytest.approx(angstrom, rel=1e-9)


@given(
    start=starts,
    n=lengths,
    step=relative,
    unit=st.sampled_from(list(WAVELENGTHS)),
    logarithm=st.sampled_from([("log10", np.log10), ("ln", np.log), ("dex", np.log10)]),
)
def test_logarithms_of_every_unit_lead_back(
    start: float, n: int, step: float, unit: str, logarithm: tuple[str, np.ufunc]
) -> None:
    angstrom = start * (1.0 + step * np.arange(n))
    name, function = logarithm
    found = to_angstrom(function(in_unit(angstrom, unit)), required_unit(f"{name}({unit})"))
    assert found == pytest.approx(angstrom, rel=1e-9)


def columns_file(values: npt.NDArray[np.generic], unit: str, scale: float) -> bytes:
    """Build a table whose axis is stored as it is, or as whole numbers with TSCAL."""
    flux = fits.Column("FLUX", "D", array=np.arange(1.0, len(values) + 1.0))
    if scale == 1.0:
        axis = fits.Column("WAVE", "D", unit=unit, array=values)
    else:
        axis = fits.Column("WAVE", "K", unit=unit, array=np.round(values / scale).astype(np.int64))
    table = fits.BinTableHDU.from_columns([axis, flux])
    if scale != 1.0:
        table.header["TSCAL1"] = scale
    table.header["VACUUM"] = True
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(out)
    return out.getvalue()


@settings(max_examples=40, deadline=None)
@given(
    start=starts,
    n=lengths,
    step=relative,
    unit=st.sampled_from(["Angstrom", "nm", "um", "m", "Hz", "eV", "cm-1"]),
    descending=st.booleans(),
    scaled=st.booleans(),
)
def test_a_table_gives_the_same_angstrom_whatever_its_unit_order_and_scale(
    start: float, n: int, step: float, unit: str, descending: bool, scaled: bool
) -> None:
    angstrom = start * (1.0 + step * np.arange(n))
    values = in_unit(angstrom, unit)
    order = slice(None, None, -1 if descending else 1)
    scale = float(values.max()) * 1e-15 if scaled else 1.0
    spectrum = read(columns_file(values[order], unit, scale))[0]
    assert spectrum.wavelength == pytest.approx(angstrom, rel=1e-9)
    assert list(spectrum.flux) == list(np.arange(1.0, n + 1.0)[order])
    assert "unit_assumed" not in spectrum.meta.extra


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(1500, 20_000),
    n=lengths,
    step=st.integers(1, 50),
    unit=st.sampled_from(["Angstrom", "nm", "um", "m"]),
    axis=st.sampled_from(["linear", "log10", "ln"]),
    descending=st.booleans(),
    kind=st.sampled_from(["CDELT", "CD", "PC"]),
    whole=st.booleans(),
)
def test_an_image_gives_the_same_angstrom_whatever_its_unit_axis_and_keywords(
    start: int, n: int, step: int, unit: str, axis: str, descending: bool, kind: str, whole: bool
) -> None:
    size = WAVELENGTHS[unit]
    function = {"linear": np.asarray, "log10": np.log10, "ln": np.log}[axis]
    first, second = (float(function(value / size)) for value in (start, start + step))
    values = first + (second - first) * np.arange(n)
    inverse = {"linear": np.asarray, "log10": lambda x: 10.0**x, "ln": np.exp}[axis]
    expected = inverse(values) * size
    hdu = fits.PrimaryHDU(np.arange(1.0, n + 1.0)[:: -1 if descending else 1].astype("f4"))
    begin, delta = (values[-1], first - second) if descending else (first, second - first)
    if whole and axis == "linear" and unit == "Angstrom":
        begin, delta = round(begin), round(delta)
    hdu.header["CRPIX1"], hdu.header["CRVAL1"] = 3.0, begin + 2 * delta
    steps = {
        "CDELT": {"CDELT1": delta},
        "CD": {"CDELT1": 1.0, "CD1_1": delta},
        "PC": {"CDELT1": delta / 2, "PC1_1": 2.0},
    }
    hdu.header.update(steps[kind])
    hdu.header["CUNIT1"] = unit if axis == "linear" else f"{axis}({unit})"
    hdu.header["VACUUM"] = 1
    out = io.BytesIO()
    hdu.writeto(out)
    spectrum = read(out.getvalue())[0]
    assert spectrum.wavelength == pytest.approx(expected, rel=1e-9)
    assert list(spectrum.flux) == list(np.arange(1.0, n + 1.0))


@settings(max_examples=40, deadline=None)
@given(
    start=starts,
    n=lengths,
    step=relative,
    unit=st.sampled_from(["AA", "nm", "um", "m", "THz", "eV", "1 / cm"]),
    place=st.sampled_from(["bracket", "slash", "comment", "ecsv"]),
    descending=st.booleans(),
)
def test_a_text_gives_the_same_angstrom_wherever_its_unit_stands(
    start: float, n: int, step: float, unit: str, place: str, descending: bool
) -> None:
    angstrom = start * (1.0 + step * np.arange(n))
    values = in_unit(angstrom, unit.replace("1 / cm", "cm-1"))[:: -1 if descending else 1]
    rows = "".join(f"{value:.17g},{number}\n" for number, value in enumerate(values, 1))
    heading = {
        "bracket": f"Wavelength ({unit}),Flux\n",
        "slash": f"wavelength/{unit.replace(' ', '')},flux\n",
        "comment": f"# wavelength in {unit.replace(' ', '')}, flux in Jy\n",
        "ecsv": "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n"
        f"# - {{name: wave, unit: {unit}, datatype: float64}}\n"
        "# - {name: flux, datatype: float64}\nwave,flux\n",
    }[place]
    spectrum = read((heading + rows).encode())[0]
    assert spectrum.wavelength == pytest.approx(angstrom, rel=1e-9)
    assert "unit_assumed" not in spectrum.meta.extra


def votable_file(values: npt.NDArray[np.generic], unit: str, axis: str) -> bytes:
    table = Table({"wave": values, "flux": np.arange(1.0, len(values) + 1.0)})
    table.write(out := io.BytesIO(), format="votable")
    stated = unit if axis == "linear" else f"{axis}({unit})"
    return out.getvalue().replace(b'name="wave"', f'name="wave" unit="{stated}"'.encode())


def parquet_file(values: npt.NDArray[np.generic], unit: str, axis: str) -> bytes:
    stated = unit if axis == "linear" else f"{axis}({unit})"
    field = pa.field("wave", pa.from_numpy_dtype(values.dtype), metadata={"unit": stated})
    schema = pa.schema([field, pa.field("flux", pa.float64())])
    pq.write_table(pa.table([values, np.arange(1.0, len(values) + 1.0)], schema=schema), out := io.BytesIO())
    return out.getvalue()


def npz_file(values: npt.NDArray[np.generic], unit: str, axis: str) -> bytes:
    stated = unit if axis == "linear" else f"{axis}({unit})"
    np.savez(out := io.BytesIO(), wave=values, flux=np.arange(1.0, len(values) + 1.0), wave_unit=stated)
    return out.getvalue()


def text_file(values: npt.NDArray[np.generic], unit: str, axis: str) -> bytes:
    name = f"wave ({unit})" if axis == "linear" else f"wave ({axis}({unit}))"
    rows = "".join(f"{value!r}\t{number}\n" for number, value in enumerate(values.tolist(), 1))
    return f"{name}\tflux\n{rows}".encode()


def table_file(values: npt.NDArray[np.generic], unit: str, axis: str) -> bytes:
    stated = unit if axis == "linear" else f"{axis}({unit})"
    form = "D" if values.dtype.kind == "f" else "K"
    columns = [
        fits.Column("WAVE", form, unit=stated, array=values),
        fits.Column("FLUX", "D", array=np.arange(1.0, len(values) + 1.0)),
    ]
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(out := io.BytesIO())
    return out.getvalue()


def rows_file(values: npt.NDArray[np.generic], unit: str, axis: str) -> bytes:
    stated = unit if axis == "linear" else f"{axis}({unit})"
    hdu = fits.PrimaryHDU(np.stack([values, np.arange(1.0, len(values) + 1.0)]).astype(np.float64))
    hdu.header["XUNITS"] = stated
    hdu.writeto(out := io.BytesIO())
    return out.getvalue()


def pair_file(values: npt.NDArray[np.generic], unit: str, axis: str) -> bytes:
    stated = unit if axis == "linear" else f"{axis}({unit})"
    wave = fits.ImageHDU(values, name="WAVELENGTH")
    wave.header["BUNIT"] = stated
    flux = fits.ImageHDU(np.arange(1.0, len(values) + 1.0), name="FLUX")
    fits.HDUList([fits.PrimaryHDU(), flux, wave]).writeto(out := io.BytesIO())
    return out.getvalue()


WRITERS = {
    "votable": votable_file,
    "parquet": parquet_file,
    "npz": npz_file,
    "text": text_file,
    "table": table_file,
    "rows": rows_file,
    "pair": pair_file,
}


@pytest.mark.filterwarnings("ignore:.*W50")  # astropy, of units that are no VOUnits
@pytest.mark.parametrize("writer", WRITERS)
@settings(max_examples=40, deadline=None)
@given(
    start=st.integers(1500, 20_000),
    n=st.integers(8, 40),
    step=st.integers(1, 50),
    unit=st.sampled_from(["Angstrom", "nm", "um", "0.1nm", "m"]),
    axis=st.sampled_from(["linear", "log10", "ln"]),
    descending=st.booleans(),
    whole=st.booleans(),
)
def test_every_family_gives_the_same_angstrom_whatever_its_unit_axis_order_and_type(
    writer: str, start: int, n: int, step: int, unit: str, axis: str, descending: bool, whole: bool
) -> None:
    size = WAVELENGTHS[unit.replace("0.1nm", "0.1 nm")]
    angstrom = start + step * np.arange(n, dtype=np.float64)
    if whole and axis == "linear" and unit in {"Angstrom", "0.1nm"}:
        values: npt.NDArray[np.generic] = angstrom.astype(np.int64)
    else:
        values = {"linear": np.asarray, "log10": np.log10, "ln": np.log}[axis](angstrom / size)
    order = slice(None, None, -1 if descending else 1)
    (spectrum,) = read(WRITERS[writer](values[order], unit, axis))
    assert spectrum.wavelength == pytest.approx(angstrom, rel=1e-9)
    assert list(spectrum.flux) == list(np.arange(1.0, n + 1.0)[order])
    assert not spectrum.provenance.unit_assumed


@pytest.mark.parametrize("kind", ["BSCALE", "TSCAL"])
@settings(max_examples=40, deadline=None)
@given(
    start=st.integers(2000, 9000),
    n=st.integers(8, 40),
    step=st.integers(1, 50),
    zero=st.integers(-500, 500),
    width=st.sampled_from(["i2", "i4"]),
    unit=st.sampled_from(["Angstrom", "0.1nm"]),
    descending=st.booleans(),
)
def test_scaled_whole_numbers_give_the_same_angstrom(
    kind: str, start: int, n: int, step: int, zero: int, width: str, unit: str, descending: bool
) -> None:
    angstrom = start + step * np.arange(n)
    stored = ((angstrom - zero) * 2)[:: -1 if descending else 1].astype(width)
    flux = np.arange(1, n + 1).astype("i2")
    if kind == "TSCAL":
        scaling = {"TSCAL1": 0.5, "TZERO1": float(zero), "TUNIT1": unit, "TSCAL2": 0.25}
        data = fits_bytes.table({"WAVE": stored, "FLUX": flux}, scaling)
    else:
        wave = fits_bytes.header(
            {"XTENSION": "IMAGE", "BITPIX": 8 * stored.itemsize, "NAXIS": 1, "NAXIS1": n, "PCOUNT": 0,
             "GCOUNT": 1, "EXTNAME": "WAVELENGTH", "BSCALE": 0.5, "BZERO": float(zero), "BUNIT": unit}
        )  # fmt: skip
        first = fits_bytes.image(flux, {"BSCALE": 0.25, "EXTNAME": "FLUX"})
        data = first + wave + fits_bytes.padded(stored.astype(f">{width}").tobytes())
    (spectrum,) = read(data)
    assert spectrum.wavelength == pytest.approx(angstrom, rel=1e-9)
    assert list(spectrum.flux) == list(flux[:: -1 if descending else 1] / 4.0)
