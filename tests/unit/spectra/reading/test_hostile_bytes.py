"""Whatever is done to the bytes of a file, out comes a spectrum or one `UnreadableSpectrum`, nothing else."""

import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spectra import UnreadableSpectrum, read
from tests.unit.spectra.reading.fits_bytes import image, lamost, table


def _npz() -> bytes:
    out = io.BytesIO()
    np.savez(out, wave=np.arange(5000.0, 5020.0), flux=np.ones((3, 20)), type=np.array(["a", "b", "c"]))
    return out.getvalue()


_MULTISPEC = {
    "CTYPE1": "MULTISPE", "WAT0_001": "system=multispec", "WAT1_001": "wtype=multispec units=angstroms",
    "WAT2_001": 'spec1 = "1 1 2 5000. 1. 40 0. 1. 2. 1. 0. 1 2 1 40 5020 20"',
}  # fmt: skip
WHOLE = {
    "lamost": lamost(40),
    "table": table({"WAVE": np.arange(5000.0, 5040.0), "FLUX": np.ones(40), "ERROR": np.ones(40)}),
    "arrays": table(
        {"WAVE": np.arange(5000.0, 5040.0)[None], "FLUX": np.ones((1, 40)), "DQ": np.zeros((1, 40), np.int16)}
    ),
    "image": image(np.ones(40), {"CRVAL1": 5000.0, "CDELT1": 1.0, "RA": "06:30:00", "DEC": "-00:30:00"}),
    "multispec": image(np.ones((1, 40), np.float32), _MULTISPEC),
    "npz": _npz(),
    "votable": b'<VOTABLE><RESOURCE><TABLE><FIELD name="wave" datatype="double" unit="nm"/>'
    b'<FIELD name="flux" datatype="double"/><DATA><TABLEDATA>'
    b"<TR><TD>500</TD><TD>1</TD></TR><TR><TD>501</TD><TD>2</TD></TR></TABLEDATA>"
    b"</DATA></TABLE></RESOURCE></VOTABLE>",
    "text": b"wave,flux,err\n5000,1,1\n5001,2,1\n",
}
PATIENT = settings(
    deadline=None,
    max_examples=60,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def reads_or_rejects(data: bytes) -> None:
    try:
        found = read(data, name="hostile")
    except UnreadableSpectrum as error:
        said = (error.source[:7], bool(error.reason))
    else:
        said = ("hostile", True)
        for spectrum in found:
            assert (np.diff(spectrum.wavelength) > 0).all()
            assert np.isfinite(spectrum.flux).any()
    assert said == ("hostile", True)


@pytest.mark.parametrize("kind", WHOLE)
def test_the_whole_file_is_read(kind: str) -> None:
    assert read(WHOLE[kind])


@pytest.mark.parametrize("kind", WHOLE)
@given(data=st.data())
@PATIENT
def test_a_file_cut_short_anywhere_is_read_or_rejected(kind: str, data: st.DataObject) -> None:
    whole = WHOLE[kind]
    reads_or_rejects(whole[: data.draw(st.integers(0, len(whole)))])


@pytest.mark.parametrize("kind", WHOLE)
@given(data=st.data())
@PATIENT
def test_a_file_with_bytes_overwritten_is_read_or_rejected(kind: str, data: st.DataObject) -> None:
    whole = bytearray(WHOLE[kind])
    for at, patch in data.draw(
        st.lists(
            st.tuples(st.integers(0, len(whole) - 1), st.binary(min_size=1, max_size=8)),
            min_size=1,
            max_size=6,
        )
    ):
        whole[at : at + len(patch)] = patch
    reads_or_rejects(bytes(whole))


CARDS = [
    "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "PCOUNT", "GCOUNT", "TFIELDS", "TFORM1", "CRVAL1", "CDELT1",
    "COEFF0", "COEFF1",
    "DC-FLAG", "LTM1_1", "WAT2_001", "RA", "DEC", "BSCALE", "THEAP",
]  # fmt: skip
VALUES = [
    "-1",
    "0",
    "1",
    "2",
    "999999999999",
    "-64",
    "1E308",
    "nan",
    "1_0",
    "T",
    "'1QE(9)'",
    "'99999999E'",
    "''",
    "1D400",
    "-2.5",
]


@pytest.mark.parametrize("kind", ["lamost", "table", "arrays", "image", "multispec"])
@given(keyword=st.sampled_from(CARDS), value=st.sampled_from(VALUES))
@PATIENT
def test_a_header_with_a_hostile_value_is_read_or_rejected(kind: str, keyword: str, value: str) -> None:
    whole = WHOLE[kind]
    at = whole.find(f"{keyword:<8}=".encode())
    card = f"{keyword:<8}= {value:>20}".encode().ljust(80)
    if at >= 0:
        reads_or_rejects(whole[:at] + card + whole[at + 80 :])
    else:
        end = whole.index(b"END     ")
        reads_or_rejects(whole[:end] + card + whole[end : end + 80] + whole[end + 160 :])
