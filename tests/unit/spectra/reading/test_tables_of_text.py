import io
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spectra import UnreadableSpectrum, read
from spectra.air import air_to_vacuum


def npz(**arrays: object) -> bytes:
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("5000 1\n5001 2\n", 5000.0),
        ("# a comment\n5000,1,0.1\n5001,2,0.1\n", 5000.0),
        ("flux;wavelength\n1;5000\n2;5001\n", 5000.0),
        ("wave_nm,flux\n500,1\n500.1,2\n", 5000.0),
        ("Wavelength (um),Flux\n0.5,1\n0.6,2\n", 5000.0),
        ("wavelength_air,flux\n5000,1\n5001,2\n", float(air_to_vacuum([5000.0])[0])),
        ("# %ECSV 1.0\n# ---\n# datatype:\n# - {name: wavelength, unit: nm, datatype: float64}\n"
         "# - {name: flux, datatype: float64}\nwavelength flux\n500 1\n501 2\n", 5000.0),
        ("#index wavelength flux\n0 5000 1\n1 5001 2\n", 5000.0),
    ],
)  # fmt: skip
def test_text_is_read_with_names_and_without(text: str, first: float) -> None:
    spectrum = read(text.encode())[0]
    assert spectrum.wavelength[0] == pytest.approx(first)
    assert list(spectrum.flux) == [1.0, 2.0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file,label,ra,dec\na.fits,x,1,2\n", "no columns of wavelength and flux"),
        ("5000 1\n5001\n", "no table of numbers"),
        ("# only a comment\n", "no lines of numbers"),
        ("-5 1\n0 2\n5 3\n", "negative values"),
        ("5000 1\n5002 2\n5001 3\n", "not in order"),
        ("5000 1\n5000 2\n5000 3\n5001 1\n", "repeated"),
        ("5000 nan\n5001 nan\n", "no finite number"),
        ("5000 1\n", "1 positive wavelengths"),
    ],
)
def test_text_that_is_no_spectrum_is_rejected(text: str, reason: str) -> None:
    with pytest.raises(UnreadableSpectrum, match=reason):
        read(text.encode(), name="x.txt")


def test_a_matrix_gives_one_spectrum_per_row_without_what_is_not_covered() -> None:
    flux = np.ones((2, 6), np.float32)
    flux[0, :2], flux[0, 3], flux[1, -1] = 0.0, 0.0, np.nan
    found = read(
        npz(
            wave=np.arange(5000.0, 5006.0),
            flux=flux,
            type=np.array(["Ia", "II"]),
            group=np.array(["10as", "11b"]),
        )
    )
    assert [list(s.wavelength) for s in found] == [
        [5002.0, 5003.0, 5004.0, 5005.0],
        [5000.0, 5001.0, 5002.0, 5003.0, 5004.0],
    ]
    assert found[0].mask is not None
    assert list(found[0].mask) == [False, True, False, False]
    assert [(s.meta.label, s.meta.group, s.meta.source.row) for s in found] == [
        ("Ia", "10as", 0),
        ("II", "11b", 1),
    ]


def test_rows_of_a_matrix_share_their_grid() -> None:
    first, second = read(npz(wave_air=np.arange(5000.0, 5006.0), flux=np.ones((2, 6))))
    assert first.wavelength is second.wavelength
    assert first.wavelength == pytest.approx(air_to_vacuum(np.arange(5000.0, 5006.0)))


def test_a_row_of_nothing_is_reported_and_the_others_are_read() -> None:
    flux = np.ones((3, 6))
    flux[1] = np.nan
    rejected: list[UnreadableSpectrum] = []
    assert len(read(npz(wave=np.arange(5000.0, 5006.0), flux=flux), rejected=rejected.append)) == 2
    assert "row 1" in rejected[0].reason


def test_pickled_objects_are_never_loaded() -> None:
    with pytest.raises(UnreadableSpectrum, match="pickled objects"):
        read(npz(wave=np.arange(5.0), flux=np.array([[{}, 1, 2, 3, 4]], dtype=object)))


def test_an_array_that_promises_more_than_the_file_holds_is_rejected() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, shape in (("wave.npy", (10,)), ("flux.npy", (10**9, 10))):
            member = io.BytesIO()
            np.lib.format.write_array_header_1_0(
                member, {"descr": "<f8", "fortran_order": False, "shape": shape}
            )
            made.writestr(name, member.getvalue() + np.arange(10.0).tobytes())
    with pytest.raises(UnreadableSpectrum, match="promises 80,000,000,000 bytes"):
        read(out.getvalue())


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def test_a_feature_set_gives_its_rows_back_as_spectra() -> None:
    features = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(1, 7, dtype=np.float32)), 3)
    table = pa.table({"features": features, "name": ["a", "b"], "label": ["x", None]})
    described = table.replace_schema_metadata(
        {"huggins": '{"schema": 1, "wavelength": [5000.0, 5001.0, 5002.0]}'}
    )
    found = read(parquet(described))
    assert [(s.meta.name, s.meta.label, list(s.flux)) for s in found] == [
        ("a", "x", [1.0, 2.0, 3.0]),
        ("b", None, [4.0, 5.0, 6.0]),
    ]


def test_a_feature_set_without_a_grid_is_rejected() -> None:
    table = pa.table({"features": pa.array([[1.0, 2.0]])}).replace_schema_metadata(
        {"huggins": '{"wavelength": null}'}
    )
    with pytest.raises(UnreadableSpectrum, match="no wavelength grid"):
        read(parquet(table))


def test_parquet_tables_may_hold_a_spectrum_per_row_or_a_pixel_per_row() -> None:
    rows = read(
        parquet(
            pa.table({"wavelength_nm": [[500.0, 501.0]] * 2, "flux": [[1.0, 2.0]] * 2, "class": ["A", "B"]})
        )
    )
    assert [(s.wavelength[0], s.meta.label) for s in rows] == [(5000.0, "A"), (5000.0, "B")]
    pixels = read(parquet(pa.table({"wave": [5000.0, 5001.0], "flux": [1.0, 2.0], "error": [2.0, 0.0]})))[0]
    assert pixels.ivar is not None
    assert list(pixels.ivar) == [0.25, 0.0]


VOTABLE = """<?xml version="1.0"?>{extra}<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE><TABLE>
<FIELD name="x" datatype="double" unit="{unit}" ucd="{ucd}" utype="spec:Data.SpectralAxis.Value"/>
<FIELD name="y" datatype="double" utype="spec:Data.FluxAxis.Value"/>
<DATA>{data}</DATA></TABLE></RESOURCE></VOTABLE>"""
CELLS = "<TABLEDATA><TR><TD>{}</TD><TD>1</TD></TR><TR><TD>{}</TD><TD>2</TD></TR></TABLEDATA>"


@pytest.mark.parametrize(
    ("unit", "ucd", "cells", "expected"),
    [
        ("nm", "em.wl", (500, 501), [5000.0, 5010.0]),
        ("Hz", "em.freq", (5.99584916e14, 5.9e14), [5000.0, 5081.228101694915]),
        ("Angstrom", "em.wl;obs.atmos", (5000, 5001), list(air_to_vacuum([5000.0, 5001.0]))),
    ],
)
def test_a_votables_units_and_frame_are_honoured(
    unit: str, ucd: str, cells: tuple[float, float], expected: list[float]
) -> None:
    text = VOTABLE.format(extra="", unit=unit, ucd=ucd, data=CELLS.format(*cells))
    assert list(read(text.encode())[0].wavelength) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("extra", "data", "reason"),
    [
        ('<!DOCTYPE VOTABLE [<!ENTITY a "aaaa">]>', CELLS.format(5000, 5001), "entities"),
        ("", '<BINARY><STREAM href="file:///etc/passwd"/></BINARY>', "never fetched"),
        (
            "",
            '<BINARY><STREAM\nencoding="base64"\nhref="http://169.254.169.254/"/></BINARY>',
            "never fetched",
        ),
    ],
)
def test_xml_may_neither_declare_entities_nor_fetch(extra: str, data: str, reason: str) -> None:
    with pytest.raises(UnreadableSpectrum, match=reason):
        read(VOTABLE.format(extra=extra, unit="nm", ucd="em.wl", data=data).encode())


def test_xml_in_an_encoding_that_hides_its_declarations_is_rejected() -> None:
    text = VOTABLE.format(extra="", unit="nm", ucd="em.wl", data=CELLS.format(1, 2))
    with pytest.raises(UnreadableSpectrum, match=r"encoding|no format"):
        read(text.encode("utf-16"))
    with pytest.raises(UnreadableSpectrum, match="encoding"):
        read(text.replace('version="1.0"', 'version="1.0" encoding="UTF-7"', 1).encode())
