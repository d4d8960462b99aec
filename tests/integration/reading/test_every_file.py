"""Every file of the real spectra is read over the right wavelengths, or rejected for a given reason."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from astropy.io import fits

from spectra import Spectrum, UnreadableSpectrum, iter_spectra, original, read
from spectra.air import air_to_vacuum
from spectra.reading.content import Content
from spectra.reading.quicklook import QuickLook

pytestmark = pytest.mark.data


class Expected(NamedTuple):
    """What one file holds: how many spectra, their span in vacuum Å, their frame, how many are rejected."""

    spectra: int
    first: float
    last: float
    frame: str = "vacuum"
    rejected: int = 0


OTHERS = {
    "asteroids/asteroids_busdemeo.npz": Expected(591, 4500.0, 24500.0),
    "miles/miles_matrix.npz": Expected(786, 3541.96, 7411.19, "air"),
    "supernovae/sn_snid_matrix.npz": Expected(4381, 2508.48, 9966.21),
    "supernovae_open/open_matrix.npz": Expected(202, 2511.87, 9952.73),
    "spex/spex_matrix.npz": Expected(2434, 8500.0, 23500.0),
    "redshift/test_coadd.fits": Expected(24, 3600.0, 9824.0, rejected=1),
    "formats/mpdaf/Spectrum_Novariance.fits": Expected(1, 4603.89, 7186.27, "air"),
    "formats/mpdaf/Spectrum_Variance.fits": Expected(1, 4603.89, 7186.27, "air"),
    **{
        f"formats/gaia_xp/XP_SAMPLED_RAW_{name}": Expected(2, 3360.0, 10200.0)
        for name in (
            "dr3int6.csv",
            "dr3int6.ecsv",
            "dr3int6.fits",
            "votable_dr3int6.xml",
            "votable_plain_dr3int6.xml",
        )
    },
    "sdss/pyqsofit/rm017_epochs_matrix.npz": Expected(78, 3563.69, 10396.81),
    "lamost/laspec/med-58270-HIP95119KP01_sp12-076.fits.gz": Expected(10, 4899.78, 6873.37),
    "lamost/laspec/med-58625-TD192102N424113K01_sp12-076.fits.gz": Expected(8, 4898.04, 6845.10),
    "lamost/laspec/med-58646-TD192102N424113K01_sp12-076.fits.gz": Expected(8, 4898.66, 6843.84),
    "formats/desi/coadd-5-169-thru20210419.fits.gz": Expected(1, 3600.0, 9824.0, rejected=4),
    "formats/jwst_msaexp/static-test-driz-center-bkg_933.spec.fits": Expected(1, 5800.0, 53340.4),
    "formats/linetools/NGC4151sic2a.fits": Expected(1, 917.19, 1005.47),
    "formats/linetools/UM184.dat.gz": Expected(1, 3042.35, 10271.88),
    "formats/linetools/UM184_nF.fits": Expected(1, 3042.35, 10271.88),
    "formats/linetools/XShooter_XQ100.fits.gz": Expected(1, 9817.51, 18235.0),
    "formats/linetools/spec_example_2.fits": Expected(1, 2000.0, 2099.9),
    "formats/linetools/specexample1.fits": Expected(1, 1721.13, 1749.91),
    "formats/pyspeckit/10074-190_HCOp.fits": Expected(1, 11194091.3, 11215491.0),
    "formats/pyspeckit/test.fits": Expected(1, 27203609.6, 27216305.4),
    "formats/pyspeckit/test_freqswitch.fits": Expected(1, 27253859818.18, 29979245800.0),
    "formats/pyspeckit/julian_infrared.txt": Expected(1, 5851.60, 6853.33),
    "formats/pyspeckit/sn2009ip_halpha.fits": Expected(1, 5799.78, 7498.09),
    "formats/specutils_history/Combined.fits": Expected(50, 3987.41, 32956.74, "air", rejected=1),
    "formats/specutils_history/L5g_0355+11_Cruz09.fits": Expected(1, 6101.69, 10252.81, "air"),
    "formats/specutils_history/TRES.fits": Expected(51, 3851.26, 9099.43, "air"),
    "formats/specutils_history/UM669_nF.fits": Expected(1, 3041.45, 10283.95),
    "formats/specutils_history/evega.0039.rs.ec.dispcor.fits": Expected(
        106, 3467.37, 10293.40, "air", rejected=1
    ),
    "formats/specutils_history/multispec-linear-log.fits": Expected(107, 3.0913, 39297.47, "air"),
    "formats/specutils_history/multispec_equispec.fits": Expected(2, 14744.30, 24472.43, "air"),
    "formats/specutils_history/spec1d.1245.066.12004136.fits": Expected(4, 6485.87, 9110.93),
    "formats/specutils_history/spline.fits": Expected(49, 3940.98, 9099.43, "air", rejected=2),
    "formats/votable_sedlib/BasicSpectrum.fits": Expected(1, 3599.7, 6883.2),
    "formats/votable_sedlib/Spectrum.fits": Expected(1, 0.301, 2.301),
    "formats/votable_sedlib/Spectrum.vot": Expected(1, 0.301, 2.301),
    "formats/votable_sedlib/jim2.vot": Expected(1, 3200.0, 3222.0),
    "formats/votable_sedlib/noao.vot": Expected(1, 4679.6, 6009.8),
    "formats/votable_sedlib/noao.xml": Expected(1, 4679.6, 6009.8),
    "formats/votable_sedlib/noao2.vot": Expected(1, 4679.6, 6009.8),
    "formats/specutils_history/expected/REDUCE.dat": Expected(1, 8067.92, 8201.74),
    "formats/specutils_history/expected/TRES.dat": Expected(1, 4344.55, 4430.12),
    "formats/specutils_history/expected/evega.0039.rs.ec.dispcor.fits.0001.dat": Expected(
        1, 10025.71, 10290.58
    ),
    "formats/specutils_history/expected/log-linear.dat": Expected(1, 3.0913, 39286.75),
    "formats/specutils_history/expected/multispec-linear-log.fits.0001.dat": Expected(1, 10025.71, 10290.58),
    "formats/specutils_history/expected/multispec_equispec.11.dat": Expected(1, 14740.27, 18418.87),
    "formats/specutils_history/expected/multispec_equispec.12.dat": Expected(1, 14740.27, 18418.87),
    "formats/specutils_history/expected/multispec_equispec.21.dat": Expected(1, 19492.35, 24465.76),
    "formats/specutils_history/expected/multispec_equispec.22.dat": Expected(1, 19492.35, 24465.76),
    "formats/specutils_history/expected/uves_iraf_read_truncated.dat": Expected(1, 3732.06, 4999.74),
}
"""Files that are alone of their kind; the ranges are what their headers or columns state, in vacuum Å (of
Gaia: what its documentation of xp_sampled_mean_spectrum states)."""

REJECTED = {
    "README.md": "no columns of wavelength and flux",
    "formats/desi_bad/missing_b_color.fits": "without the HDU B_FLUX",
    "formats/desi_bad/missing_z_color.fits": "without the HDU B_WAVELENGTH",
    "formats/linetools/SDSSJ220248.31+123656.3_c.fits": "no spectral axis",
    "formats/mpdaf/origin-00026.fits": "a Source of MPDAF without spectra",
    "formats/mpdaf/sing-0032.fits": "a Source of MPDAF without spectra",
    "redshift/coadd_x.npy": "a single NumPy array",
    "redshift/predict_data.npy": "a single NumPy array",
    "redshift/qnet_output_6_layer.npy": "a single NumPy array",
    "redshift/test_weights_6_layer.h5": "an HDF5 file",
    "spex/labels.csv": "no columns of wavelength and flux",
    "supernovae_open/labels.csv": "no columns of wavelength and flux",
    "formats/pyspeckit/alberto_example.txt": "not in order",
    "formats/pyspeckit/problemspec.txt": "no columns of wavelength and flux",
    "formats/pyspeckit/test_GHz.fits": "its steps contradict each other",
    "formats/specutils_history/expected/UM669_read.dat": "negative values",
    "formats/specutils_history/expected/gbt_1d_iraf_read.dat": "negative values",
    "formats/votable_sedlib/CSC.fits": "no spectral axis or columns",
    "formats/votable_sedlib/CSC.vot": "no table|none of its tables",
    "formats/votable_sedlib/HasNullData.xml": "its unit is not stated",
    "formats/votable_sedlib/MultipleSpectraDifferentUnits.fits": "the unit of its axis is wrong",
    "lamost/labels.csv": "no columns of wavelength and flux",
    "miles/labels.csv": "no columns of wavelength and flux",
    "ondrejov/labels.csv": "no columns of wavelength and flux",
    "sdss/labels.csv": "no columns of wavelength and flux",
    "stelib/labels.csv": "no columns of wavelength and flux",
    "supernovae/labels.csv": "no columns of wavelength and flux",
    "ondrejov/label_lists/absorption.csv": "no columns of wavelength and flux",
    "ondrejov/label_lists/candidates-by-hand.csv": "no columns of wavelength and flux",
    "ondrejov/label_lists/candidates-catalogue.csv": "no columns of wavelength and flux",
    "ondrejov/label_lists/cross-matched.csv": "no columns of wavelength and flux",
    "ondrejov/label_lists/double-peak.csv": "no columns of wavelength and flux",
    "ondrejov/label_lists/emission.csv": "no columns of wavelength and flux",
    "ondrejov/label_lists/hou-catalogue.csv": "no columns of wavelength and flux",
    "ondrejov/label_lists/lamost-dr1-be-stars.csv": "no columns of wavelength and flux",
    "ondrejov/label_lists/noise.csv": "no columns of wavelength and flux",
    "ondrejov/label_lists/ondrejov-dataset.csv": "no columns of wavelength and flux",
}
"""Files that hold no spectrum or a broken one, and words of the reason."""


def only(path: Path) -> Spectrum:
    found = list(iter_spectra(path))
    assert len(found) == 1
    return found[0]


def labels(folder: Path) -> list[dict[str, str]]:
    with (folder / "labels.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_each_file_belongs_to_exactly_one_test_below(data_folder: Path) -> None:
    everything = {str(path.relative_to(data_folder)) for path in data_folder.rglob("*") if path.is_file()}
    lamost = {f"lamost/{row['file']}" for row in labels(data_folder / "lamost")}
    sdss = {f"sdss/{row['file']}" for row in labels(data_folder / "sdss")}
    groups = [
        set(OTHERS),
        set(REJECTED),
        lamost - set(OTHERS),
        sdss,
    ]
    groups += [
        {name for name in everything if name.startswith(f"{folder}/") and ".fits" in name}
        for folder in ("miles", "stelib", "ondrejov", "spex")
    ]
    assert set().union(*groups) == everything
    assert sum(map(len, groups)) == len(everything)


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_alone_of_its_kind_has_the_stated_range(data_folder: Path, name: str) -> None:
    rejected: list[UnreadableSpectrum] = []
    found = list(iter_spectra(data_folder / name, rejected=rejected.append))
    expected = OTHERS[name]
    assert (len(found), len(rejected)) == (expected.spectra, expected.rejected)
    first = min(spectrum.wavelength[0] for spectrum in found)
    last = max(spectrum.wavelength[-1] for spectrum in found)
    assert (first, last) == (
        pytest.approx(expected.first, rel=5e-6, abs=6e-3),
        pytest.approx(expected.last, rel=5e-6, abs=6e-3),
    )
    assert {spectrum.meta.frame for spectrum in found} == {expected.frame}
    assert len({(spectrum.meta.source.hdu, spectrum.meta.source.row) for spectrum in found}) == len(found)


@pytest.mark.parametrize("name", REJECTED)
def test_a_file_without_spectra_is_rejected_with_name_and_reason(data_folder: Path, name: str) -> None:
    rejected: list[UnreadableSpectrum] = []
    assert list(iter_spectra(data_folder / name, rejected=rejected.append)) == []
    assert rejected[0].source == str(data_folder / name)
    assert any(words in rejected[0].reason for words in REJECTED[name].split("|"))


def test_lamost_images_equal_astropys_on_the_axis_of_their_coefficients(data_folder: Path) -> None:
    folder = data_folder / "lamost"
    seen = 0
    for row in labels(folder):
        if row["file"].startswith("laspec/med"):
            continue
        spectrum = only(folder / row["file"])
        with fits.open(folder / row["file"]) as file:
            header, data = file[0].header, file[0].data
            expected = 10 ** (header["COEFF0"] + header["COEFF1"] * np.arange(header["NAXIS1"]))
            np.testing.assert_allclose(spectrum.wavelength, expected, rtol=1e-12)
            assert np.array_equal(spectrum.flux, data[0])
            assert np.array_equal(spectrum.ivar, data[1])
        assert len(spectrum.flux) == int(row["n"])
        assert spectrum.meta.group == row["designation"]
        seen += 1
    assert seen > 180


def test_sdss_files_span_what_their_labels_say(data_folder: Path) -> None:
    for row in labels(data_folder / "sdss"):
        spectrum = only(data_folder / "sdss" / row["file"])
        # the labels are made of LOGLAM, rounded to single precision: good to 0.01 Å
        span = (spectrum.wavelength[0], spectrum.wavelength[-1])
        assert span == (
            pytest.approx(float(row["wmin"]), abs=0.01),
            pytest.approx(float(row["wmax"]), abs=0.01),
        )
        assert len(spectrum.flux) == int(row["n"])
        assert spectrum.meta.extra["object_class"] == row["CLASS"]
        assert spectrum.meta.extra["redshift"] == pytest.approx(float(row["Z"]), rel=1e-5)
        assert (spectrum.meta.label == "SKY") == (row["SOURCETYPE"] == "SKY")


def stated_axis(path: Path) -> np.ndarray:
    """Make the axis of CRVAL1 and its step, card by card (astropy rejects some of these headers)."""
    raw = gzip.decompress(path.read_bytes())[:28800].decode("latin-1")
    lines = (raw[at : at + 80] for at in range(0, len(raw), 80))
    cards = {line[:8].strip(): line[10:30] for line in lines if line[8:10] == "= "}
    step = float(cards["CDELT1"] if "CDELT1" in cards else cards["CD1_1"])
    return float(cards["CRVAL1"]) + step * np.arange(int(cards["NAXIS1"]))


@pytest.mark.parametrize("folder", ["miles", "stelib"])
def test_stellar_libraries_are_turned_from_air_into_vacuum(data_folder: Path, folder: str) -> None:
    paths = sorted((data_folder / folder).glob("*.fits.gz"))
    assert len(paths) > 100
    for path in paths:
        spectrum = only(path)
        np.testing.assert_allclose(spectrum.wavelength, air_to_vacuum(stated_axis(path)), rtol=1e-12)
        assert (spectrum.meta.frame, spectrum.meta.extra["frame_assumed"]) == ("air", True)


def test_ondrejov_spectra_are_in_air_and_their_h_alpha_falls_into_place(data_folder: Path) -> None:
    for path in sorted((data_folder / "ondrejov").glob("*.fits")):
        spectrum = only(path)
        assert spectrum.meta.frame == "air"
        assert 6250 < spectrum.wavelength[0] < 6290
        assert 6730 < spectrum.wavelength[-1] < 6782
    vega = only(data_folder / "ondrejov" / "alpha-lyr-absorption.fits")
    near = (vega.wavelength > 6560) & (vega.wavelength < 6570)
    core = vega.wavelength[near][np.argmin(vega.flux[near])]
    assert core == pytest.approx(
        6564.61 * (1 - 13.9 / 299792.458), abs=0.25
    )  # NIST, vacuum, at Vega's radial velocity


@pytest.mark.filterwarnings("ignore:The following header keyword is invalid")
def test_spex_files_have_their_first_row_in_microns_as_axis(data_folder: Path) -> None:
    paths = sorted((data_folder / "spex" / "fits").glob("*.fits.gz"))
    assert len(paths) == 40
    for path in paths:
        spectrum = only(path)
        with fits.open(path) as file:
            axis, flux, error = file[0].data[:3].astype(np.float64)
        raw = gzip.decompress(path.read_bytes())
        stated = b"XUNITS  = " in raw or b"wavelength (microns)" in raw  # a keyword, or a COMMENT card
        np.testing.assert_allclose(spectrum.wavelength, 1e4 * axis, rtol=1e-12)
        np.testing.assert_array_equal(spectrum.flux, flux)
        good = error > 0.0
        np.testing.assert_allclose(spectrum.ivar[good], error[good] ** -2.0, rtol=1e-9)
        # the SpeX prism mode (R 75 to 200) covers 0.64 to 2.55 µm
        assert 6400 < spectrum.wavelength[0] < 6900
        assert 25300 < spectrum.wavelength[-1] < 25700
        assert spectrum.meta.extra.get("unit_assumed", False) is not stated


def test_gaias_spellings_hold_the_same_sources_and_fluxes(data_folder: Path) -> None:
    folder = data_folder / "formats" / "gaia_xp"
    found = [read(path) for path in sorted(folder.iterdir())]
    assert len(found) == 5
    for spectra in found:
        assert [spectrum.meta.group for spectrum in spectra] == ["6", "4"]
        assert (spectra[0].meta.ra, spectra[0].meta.dec) == (
            pytest.approx(217.392321472),
            pytest.approx(-62.676075117),
        )
        for spectrum, same in zip(spectra, found[0], strict=True):
            np.testing.assert_allclose(spectrum.flux, same.flux, rtol=1e-6)
            np.testing.assert_allclose(spectrum.ivar, same.ivar, rtol=1e-6)


def test_a_whole_tree_is_walked_and_every_source_leads_back(data_folder: Path) -> None:
    rejected: list[UnreadableSpectrum] = []
    found = list(iter_spectra(data_folder / "formats", rejected=rejected.append))
    assert len(found) == sum(known.spectra for name, known in OTHERS.items() if name.startswith("formats/"))
    assert {error.source.removeprefix(f"{data_folder}/") for error in rejected} >= {
        name for name in REJECTED if name.startswith("formats/")
    }
    for spectrum in [*found[:40], *found[-12:]]:
        assert np.array_equal(original(spectrum.meta.source).flux, spectrum.flux, equal_nan=True)


def test_a_quick_look_at_any_file_sees_what_the_complete_reading_sees(data_folder: Path) -> None:
    look = QuickLook(lambda grid: slice(len(grid) // 2, len(grid) // 2 + 50))
    seen = 0
    for path in sorted(data_folder.rglob("*.fits*")):
        quick = look.spectrum(Content.of_path(str(path)))
        survey = path.relative_to(data_folder).parts[0] in {"lamost", "stelib"}
        assert quick is not None or not survey or "med-" in path.name, path
        if quick is not None:
            (whole,) = read(path)
            window = slice(len(whole.wavelength) // 2, len(whole.wavelength) // 2 + 50)
            np.testing.assert_array_equal(quick.wavelength, whole.wavelength[window])
            np.testing.assert_array_equal(quick.flux, whole.flux[window])
            for known in ("name", "ra", "dec", "label", "group", "unit", "frame", "source"):
                assert getattr(quick.meta, known) == getattr(whole.meta, known)
            seen += 1
    assert seen > 500
