"""SDSS-V spec files keep their labels; plates name their fibres from the plug map."""

from __future__ import annotations

import io

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from spectra import UnreadableSpectrum, read

N = 50
CATALOGID = 27021598108289694  # does not fit a float


def stored(*hdus: fits.PrimaryHDU | fits.ImageHDU | fits.BinTableHDU) -> bytes:
    out = io.BytesIO()
    fits.HDUList(list(hdus)).writeto(out)
    return out.getvalue()


def spec(**spall: object) -> bytes:
    coadd = {
        "FLUX": np.ones(N, "f4"),
        "LOGLAM": (3.55 + 1e-4 * np.arange(N)).astype("f4"),
        "IVAR": np.ones(N),
    }
    primary = fits.PrimaryHDU()
    primary.header.update(TELESCOP="SDSS 2.5-M", VERS2D="v6_1_3")
    described = fits.BinTableHDU(Table({name: [value] for name, value in spall.items()}), name="SPALL")
    return stored(primary, fits.BinTableHDU(Table(coadd), name="COADD"), described)


FIELD = {"FIELD": 15252, "MJD": 59278, "CLASS": "QSO", "Z": 1.2, "RACAT": 10.0, "DECCAT": 1.0}


@pytest.mark.parametrize(
    ("more", "group"),
    [
        ({"CATALOGID": CATALOGID}, str(CATALOGID)),
        ({"CATALOGID": CATALOGID, "SDSS_ID": 54392544}, "54392544"),
        ({"CATALOGID": CATALOGID, "SDSS_ID": -999}, str(CATALOGID)),
    ],
)
def test_a_file_of_sdss_v_keeps_class_redshift_position_and_object(
    more: dict[str, object], group: str
) -> None:
    (spectrum,) = read(spec(**FIELD, **more))
    meta = spectrum.meta
    assert (meta.label, meta.group, meta.ra, meta.dec) == ("QSO", group, 10.0, 1.0)
    assert meta.extra["redshift"] == pytest.approx(1.2)
    assert (meta.extra["field"], meta.extra["mjd"]) == ("15252", 59278)


def test_a_sky_fibre_of_sdss_v_has_no_object() -> None:
    (spectrum,) = read(spec(**FIELD, CATALOGID=CATALOGID, OBJTYPE="SKY"))
    assert (spectrum.meta.label, spectrum.meta.group) == ("SKY", None)


@pytest.mark.parametrize("named", [True, False])
def test_the_fibres_of_a_plate_come_from_its_plug_map(named: bool) -> None:
    rows = 8
    flux = fits.PrimaryHDU((np.arange(1.0, rows + 1)[:, None] * np.ones(N)).astype("f4"))
    flux.header.update(TELESCOP="SDSS 2.5-M", COEFF0=3.58, COEFF1=1e-4, PLATEID=266, MJD=51630)
    ivar, mask = np.full((rows, N), 4.0, "f4"), np.zeros((rows, N), "i4")
    ivar[5] = 0.0
    mask[2, 7], mask[2, 8] = 1 << 24, 1 << 8
    plug = {"RA": 10.0 + np.arange(rows), "DEC": -1.0 * np.arange(rows), "FIBERID": np.arange(1, rows + 1),
            "OBJTYPE": ["QSO", "SKY", *["GALAXY"] * (rows - 2)]}  # fmt: skip
    names = ("IVAR", "ANDMASK", "ORMASK", "WAVEDISP") if named else (None,) * 4
    images = [
        fits.ImageHDU(data, name=name) for data, name in zip((ivar, mask, mask, ivar), names, strict=True)
    ]
    table = fits.BinTableHDU(Table(plug), name="PLUGMAP" if named else None)
    rejected: list[UnreadableSpectrum] = []
    found = read(stored(flux, *images, table), name="spPlate-0266-51630.fits", rejected=rejected.append)
    assert [one.flux[0] for one in found] == [1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0]
    assert [error.place for error in rejected] == ["row 5"]
    first, sky, third = found[:3]
    assert (first.meta.name, first.meta.ra, first.meta.dec) == ("spPlate-0266-51630:1", 10.0, 0.0)
    assert (sky.meta.label, first.meta.label) == ("SKY", None)
    assert first.wavelength[0] == pytest.approx(10**3.58)
    assert third.ivar == pytest.approx(np.full(N, 4.0))
    assert third.mask is not None
    assert list(np.flatnonzero(third.mask)) == [7]
