import numpy as np

from spectra import SpectrumMeta, read
from spectra.reading.assemble import Axis, assemble
from spectra.reading.provenance import of_format, provenance_line, with_errors, with_mask
from spectra.spectrum import Provenance
from tests.unit.spectra.reading.fits_bytes import lamost

STATED = Provenance(
    hdu=(1, "COADD"),
    axis="column WAVE",
    unit="nm",
    unit_known_by="TUNIT1",
    frame="air",
    frame_known_by="VACUUM",
)


def test_the_line_names_every_source() -> None:
    full = with_mask(with_errors(of_format(STATED, "table"), "column ERR", "sigma"), "column DQ")
    assert provenance_line(full) == (
        "table; HDU 1 (COADD); axis: column WAVE; unit: nm (TUNIT1); frame: air (VACUUM); "
        "errors: column ERR (sigma); mask: column DQ"
    )


def test_the_line_says_what_is_assumed_and_what_is_not_there() -> None:
    bare = Provenance(
        "text", axis="column 1", unit="Angstrom", unit_assumed=True, unit_known_by="no unit stated"
    )
    assert provenance_line(bare) == (
        "text; axis: column 1; unit: Angstrom (assumed, no unit stated); frame: not recorded; "
        "errors: none; mask: none"
    )


def test_a_spectrum_carries_its_provenance_and_the_marks_of_what_was_assumed() -> None:
    assumed = Provenance(unit="nm", unit_assumed=True, frame="air", frame_assumed=True)
    axis = Axis(np.array([5000.0, 5001.0]))
    spectrum = assemble(axis, np.ones(2), SpectrumMeta("x", extra={"snr": 3.0}), provenance=assumed)
    assert spectrum.provenance is assumed
    assert spectrum.meta.extra == {"snr": 3.0, "unit_assumed": True, "frame_assumed": True}
    assert (spectrum.meta.unit, spectrum.meta.frame) == ("nm", "air")


def test_every_spectrum_that_was_read_names_its_format_and_those_of_a_family_share_one() -> None:
    first, second = (read(lamost(40))[0].provenance for _ in range(2))
    assert first.format == "lamost"
    assert first is second
