"""Two columns, arrays or images of wavelengths in one file: which is taken, and that they must agree."""

import io
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table

from spectra import Spectrum, UnreadableSpectrum, read
from spectra.air import vacuum_to_air

N = 60
W = np.linspace(5000.0, 5100.0, N)
F = 1.0 + 0.1 * np.sin(W / 3.0)
AIR = vacuum_to_air(W)
Axes = dict[str, tuple[np.ndarray, str | None]]


def as_table(axes: Axes) -> bytes:
    columns = [fits.Column(name, "D", unit=unit, array=values) for name, (values, unit) in axes.items()]
    out = io.BytesIO()
    table = fits.BinTableHDU.from_columns([*columns, fits.Column("FLUX", "D", array=F)])
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(out)
    return out.getvalue()


def as_images(axes: Axes) -> bytes:
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(F, name="FLUX")]
    for name, (values, unit) in axes.items():
        hdus.append(fits.ImageHDU(values, name=name))
        if unit:
            hdus[-1].header["BUNIT"] = unit
    out = io.BytesIO()
    fits.HDUList(hdus).writeto(out)
    return out.getvalue()


def as_text(axes: Axes) -> bytes:
    heads = [f"{name} ({unit})" if unit else name for name, (_, unit) in axes.items()]
    rows = zip(*(values for values, _ in axes.values()), F, strict=True)
    lines = [
        ",".join([*heads, "flux"]),
        *(",".join(f"{value!r}" for value in map(float, row)) for row in rows),
    ]
    return "\n".join(lines).encode()


def as_npz(axes: Axes) -> bytes:
    out = io.BytesIO()
    units = {f"{name}_unit": np.array(unit) for name, (_, unit) in axes.items() if unit}
    np.savez(out, flux=F, **{name: values for name, (values, _) in axes.items()}, **units)
    return out.getvalue()


def as_parquet(axes: Axes) -> bytes:
    fields = [
        pa.field(name, pa.float64(), metadata={"unit": unit} if unit else None)
        for name, (_, unit) in axes.items()
    ]
    out = io.BytesIO()
    columns = [*(values for values, _ in axes.values()), F]
    pq.write_table(pa.table(columns, schema=pa.schema([*fields, pa.field("flux", pa.float64())])), out)
    return out.getvalue()


def as_votable(axes: Axes) -> bytes:
    table = Table({name: values for name, (values, _) in axes.items()} | {"flux": F})
    for name, (_, unit) in axes.items():
        table[name].unit = unit
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # VOUnit would have 0.1nm
        table.write(out, format="votable")
    return out.getvalue()


EVERY = pytest.mark.parametrize("write", [as_table, as_images, as_text, as_npz, as_parquet, as_votable])


def only(data: bytes) -> Spectrum:
    (spectrum,) = read(data)
    return spectrum


@EVERY
@pytest.mark.parametrize("order", [1, -1])
def test_the_axis_of_a_stated_unit_is_taken(write, order: int) -> None:  # type: ignore[no-untyped-def]
    axes: Axes = {"WAVE": (W / 10.0, None), "WAVE_VAC": (W, "Angstrom")}
    spectrum = only(write(dict(list(axes.items())[::order])))
    assert spectrum.wavelength == pytest.approx(W, rel=1e-9)
    assert "WAVE_VAC" in spectrum.provenance.axis
    assert "before WAVE" in spectrum.provenance.axis
    assert not spectrum.provenance.unit_assumed


@EVERY
@pytest.mark.parametrize("order", [1, -1])
def test_of_air_and_vacuum_the_vacuum_is_taken(write, order: int) -> None:  # type: ignore[no-untyped-def]
    axes: Axes = {"lambda_air": (AIR, "Angstrom"), "lambda_vac": (W / 10.0, "nm")}
    spectrum = only(write(dict(list(axes.items())[::order])))
    assert spectrum.wavelength == pytest.approx(W, rel=1e-9)
    assert spectrum.meta.frame == "vacuum"


@EVERY
def test_axes_that_contradict_each_other_are_rejected(write) -> None:  # type: ignore[no-untyped-def]
    axes: Axes = {"wave": (W, "nm"), "wave_vac": (W, "Angstrom")}
    with pytest.raises(UnreadableSpectrum, match="contradict each other"):
        read(write(axes))


def test_images_of_two_fibres_are_not_two_axes_of_one() -> None:
    axes: Axes = {"WAVE_A": (W, "Angstrom"), "WAVE_B": (W * 2.0, "Angstrom")}
    assert only(as_images(axes)).wavelength == pytest.approx(W, rel=1e-9)


def test_a_frequency_beside_a_wavelength_must_agree_with_it() -> None:
    frequency = 299_792_458.0 / (W * 1e-10)
    for wave, unit in (("WAVE_VAC", "Angstrom"), ("WAVE", "Hz")):  # a frequency has no frame to be assumed
        spectrum = only(as_table({"FREQ": (frequency, "Hz"), wave: (W, "Angstrom")}))
        assert spectrum.meta.unit == unit
        assert spectrum.wavelength == pytest.approx(W, rel=1e-9)
    with pytest.raises(UnreadableSpectrum, match="contradict"):
        read(as_table({"FREQ": (frequency * 2.0, "Hz"), "WAVE": (W, "Angstrom")}))


def test_an_array_of_one_word_states_the_frame_of_a_numpy_archive() -> None:
    out = io.BytesIO()
    np.savez(out, flux=F, wave=AIR, in_air=np.array(True))
    spectrum = only(out.getvalue())
    assert spectrum.meta.frame == "air"
    assert spectrum.wavelength == pytest.approx(W, rel=1e-9)


def test_metadata_of_parquet_state_the_frame() -> None:
    out = io.BytesIO()
    schema = pa.schema([("wave", pa.float64()), ("flux", pa.float64())], metadata={"wave_frame": "air"})
    pq.write_table(pa.table([AIR, F], schema=schema), out)
    spectrum = only(out.getvalue())
    assert spectrum.meta.frame == "air"
    assert spectrum.wavelength == pytest.approx(W, rel=1e-9)


@pytest.mark.parametrize(("values", "frame"), [(W, "vacuum"), (AIR, "air")])
def test_an_axis_beside_one_in_air_has_the_frame_of_its_numbers(values: np.ndarray, frame: str) -> None:
    spectrum = only(as_table({"wave": (values, "Angstrom"), "wave_air": (AIR, "Angstrom")}))
    assert spectrum.wavelength == pytest.approx(W, rel=1e-9)
    assert spectrum.meta.frame == frame
    assert not spectrum.provenance.frame_assumed
