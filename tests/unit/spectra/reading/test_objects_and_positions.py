"""Class, object and position survive every way of reading: tables of all kinds, VOTable, specutils."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from specutils import Spectrum as SpecutilsSpectrum

from spectra import Batch, FeatureSetWriter, Source, Spectrum, read
from spectra.reading.objects.columns import FactColumns, position
from spectra.reading.tables import specutils as fallback

W = np.linspace(4000.0, 5000.0, 20)
F = np.linspace(1.0, 2.0, 20)
ROWS = {"object": ["HD 1", "HD 2"], "class": ["A", "B"]}
PLACES = {"ra": [10.5, 350.25], "dec": [-3.5, 80.0]}


def in_npz(**places: object) -> bytes:
    out = io.BytesIO()
    facts = {key: np.array(value) for key, value in (ROWS | places).items()}
    np.savez(out, wave=W, flux=np.stack([F, F]), **facts)
    return out.getvalue()


def in_parquet(**places: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"wave": [W, W], "flux": [F, F], **ROWS, **places}), out)
    return out.getvalue()


def in_fits(**places: object) -> bytes:
    columns = [fits.Column("WAVE", "20D", unit="Angstrom", array=np.stack([W, W])),
               fits.Column("FLUX", "20D", array=np.stack([F, F]))]  # fmt: skip
    for name, values in (ROWS | places).items():
        is_text = isinstance(values[0], str)  # type: ignore[index]
        columns.append(fits.Column(name, "16A" if is_text else "D", array=values))
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(out)
    return out.getvalue()


@pytest.mark.parametrize("made", [in_npz, in_parquet, in_fits])
@pytest.mark.parametrize(
    ("first", "second"), [("ra", "dec"), ("RAJ2000", "DEJ2000"), ("s_ra", "s_dec"), ("RA_deg", "DEC_deg")]
)
def test_a_row_of_a_table_keeps_its_object_class_and_position(
    made: Callable[..., bytes], first: str, second: str
) -> None:
    found = read(made(**{first: PLACES["ra"], second: PLACES["dec"]}), name="x")
    assert [(one.meta.ra, one.meta.dec) for one in found] == [(10.5, -3.5), (350.25, 80.0)]
    assert [(one.meta.group, one.meta.label) for one in found] == [("HD 1", "A"), ("HD 2", "B")]


@pytest.mark.parametrize("name", ["TARGETID", "source_id", "catalogid"])
def test_the_number_of_an_object_in_a_table_is_its_group_to_the_last_digit(name: str) -> None:
    numbers = np.array([39627835576420141, 39627835576420142])
    columns = [fits.Column("WAVE", "20D", array=[W, W]), fits.Column("FLUX", "20D", array=[F, F]),
               fits.Column(name, "K", array=numbers)]  # fmt: skip
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(out)
    rows = io.BytesIO()
    pq.write_table(pa.table({"wave": [W, W], "flux": [F, F], name: numbers}), rows)
    for data in (out.getvalue(), rows.getvalue()):
        assert [one.meta.group for one in read(data)] == [str(number) for number in numbers]


@pytest.mark.parametrize("made", [in_npz, in_parquet, in_fits])
def test_a_row_without_a_position_has_none_and_sexagesimal_texts_are_read(made: Callable[..., bytes]) -> None:
    first, second = read(made(ra=["10:30:00", "nan"], dec=["-10 30 36.0", ""]), name="x")
    assert (first.meta.ra, first.meta.dec) == (157.5, pytest.approx(-10.51))
    assert (second.meta.ra, second.meta.dec) == (None, None)


@pytest.mark.parametrize(
    ("ra", "dec", "units", "expected"),
    [
        (10.0, 20.0, ("", ""), (10.0, 20.0)),
        (10.0, 20.0, ("hourangle", "deg"), (150.0, 20.0)),
        (np.pi, 0.5, ("rad", "rad"), (180.0, pytest.approx(28.6478897))),
        (-10.0, 20.0, ("deg", "deg"), (350.0, 20.0)),
        (400.0, 20.0, ("deg", "deg"), (None, None)),
        (10.0, 20.0, ("arcsec", "arcsec"), (None, None)),
        (np.ma.masked, 20.0, ("", ""), (None, None)),
        ("12h30m49.42s", "+12d23m28.0s", ("", ""), (pytest.approx(187.7059167), pytest.approx(12.3911111))),
    ],
)
def test_a_position_is_in_degrees_or_is_none(
    ra: object, dec: object, units: tuple[str, str], expected: tuple[object, object]
) -> None:
    assert position(ra, dec, *units) == expected


def test_a_unit_in_the_name_of_a_column_counts() -> None:
    columns = FactColumns.of(["ra (hours)", "dec (deg)"])
    assert (columns.ra, columns.dec) == ("ra (hours)", "dec (deg)")


@pytest.mark.parametrize(
    "text",
    [
        "wave,flux,ra,dec,object\n" + "".join(f"{w},{f},10.5,-3.5,HD 1\n" for w, f in zip(W, F, strict=True)),
        "# OBJECT = HD 1\n# RA: 10.5 / degrees\n# DEC = -3.5\n# wave flux\n"
        + "".join(f"{w} {f}\n" for w, f in zip(W, F, strict=True)),
    ],
)
def test_a_text_keeps_the_object_that_its_columns_or_comments_name(text: str) -> None:
    (found,) = read(text.encode())
    assert (found.meta.group, found.meta.ra, found.meta.dec) == ("HD 1", 10.5, -3.5)


def test_a_parquet_file_of_pixels_keeps_what_is_the_same_in_every_row() -> None:
    out = io.BytesIO()
    table = {"wave": W, "flux": F, "ra": np.full(20, 10.5), "dec": np.full(20, -3.5), "name": list("ab" * 10)}
    pq.write_table(pa.table(table), out)
    (found,) = read(out.getvalue(), name="x.parquet")
    assert (found.meta.ra, found.meta.dec, found.meta.name) == (10.5, -3.5, "x")


def test_a_feature_set_read_as_spectra_keeps_its_positions(tmp_path: object) -> None:
    path = f"{tmp_path}/f.parquet"
    features = np.stack([F, F]).astype(np.float32)
    sources, nothing = (Source("a"), Source("b")), (None, None)
    batch = Batch(
        features,
        W,
        ("a", "b"),
        nothing,
        nothing,
        sources,
        positions=np.array([[10.5, -3.5], [np.nan, np.nan]]),
    )
    with FeatureSetWriter(path, wavelength=W) as writer:
        writer.write(batch)
    first, second = read(path)
    assert (first.meta.ra, first.meta.dec, second.meta.ra) == (10.5, -3.5, None)


PIXELS = "".join(f"<TR><TD>{w}</TD><TD>{f}</TD></TR>" for w, f in zip(W, F, strict=True))
COLUMNS = (
    '<FIELD name="w" ucd="em.wl" datatype="double" unit="Angstrom"/><FIELD name="flux" datatype="double"/>'
)


def votable(parameters: str, outside: str = "") -> Spectrum:
    return read(
        f'<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE>{outside}<TABLE>'
        f"{parameters}{COLUMNS}<DATA><TABLEDATA>{PIXELS}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>".encode()
    )[0]


PAIR = 'datatype="double" arraysize="2" unit="deg" value="10.5 -3.5"'
HALVES = ('<PARAM name="a" ucd="{}" datatype="double" unit="deg" value="10.5"/>'
          '<PARAM name="b" ucd="{}" datatype="double" unit="deg" value="-3.5"/>')  # fmt: skip


@pytest.mark.parametrize(
    "parameters",
    [
        f'<PARAM name="p" utype="spec:Spectrum.Target.Pos" {PAIR}/>',
        f'<PARAM name="p" utype="ssa:Char.SpatialAxis.Coverage.Location.Value" {PAIR}/>',
        f'<GROUP name="t"><PARAM name="p" utype="Target.Pos" {PAIR}/></GROUP>',
        '<PARAM name="p" utype="Target.Pos" datatype="char" arraysize="*" unit="deg" value="10.5 -3.5"/>',
        HALVES.format("pos.eq.ra;meta.main", "pos.eq.dec;meta.main"),
        HALVES.format("POS_EQ_RA_MAIN", "POS_EQ_DEC_MAIN"),
        '<PARAM name="RA" datatype="double" value="10.5"/><PARAM name="DEC" datatype="double" value="-3.5"/>',
    ],
)
def test_a_votable_knows_its_target_by_utype_ucd_and_name(parameters: str) -> None:
    target = '<PARAM name="n" utype="Target.Name" datatype="char" arraysize="*" value="HD 1"/>'
    for spectrum in (votable(parameters + target), votable(target, parameters)):
        assert (spectrum.meta.ra, spectrum.meta.dec, spectrum.meta.group) == (10.5, -3.5, "HD 1")


@pytest.mark.parametrize("system", ['system="galactic"', 'system="eq_FK4" equinox="B1950"'])
def test_a_position_of_a_votable_in_another_frame_is_left_out(system: str) -> None:
    spectrum = votable(f'<PARAM name="p" ref="s" utype="Target.Pos" {PAIR}/>', f'<COOSYS ID="s" {system}/>')
    assert (spectrum.meta.ra, spectrum.meta.dec) == (None, None)


def test_a_votable_of_one_row_per_spectrum_keeps_the_columns_of_its_rows() -> None:
    array = 'datatype="double" arraysize="20"'
    fields = (
        f'<FIELD name="wave" {array} unit="Angstrom"/><FIELD name="flux" {array}/>'
        '<FIELD name="alpha" ucd="pos.eq.ra;meta.main" datatype="double" unit="deg"/>'
        '<FIELD name="delta" ucd="pos.eq.dec;meta.main" datatype="double" unit="deg"/>'
        '<FIELD name="object" datatype="char" arraysize="*"/>'
    )
    numbers = (" ".join(map(str, W)), " ".join(map(str, F)))
    cells = "".join(
        f"<TR><TD>{numbers[0]}</TD><TD>{numbers[1]}</TD><TD>{ra}</TD><TD>{ra}</TD><TD>HD {ra}</TD></TR>"
        for ra in (10, 20)
    )
    first, second = read(
        f'<VOTABLE version="1.3"><RESOURCE><TABLE>{fields}<DATA><TABLEDATA>{cells}</TABLEDATA></DATA></TABLE>'
        "</RESOURCE></VOTABLE>".encode()
    )
    assert [(one.meta.ra, one.meta.dec, one.meta.group) for one in (first, second)] == [
        (10.0, 10.0, "HD 10"), (20.0, 20.0, "HD 20"),
    ]  # fmt: skip


def test_an_ivoa_spectrum_keeps_its_target() -> None:
    points = "".join(f'<Point SP="{w}" F="{f}"/>' for w, f in zip(W, F, strict=True))
    (found,) = read(
        "<Spectrum><Target><Name>HD 1</Name><Pos>10.5 -3.5</Pos></Target>"
        f'<SpectralAxis unit="A"/>{points}</Spectrum>'.encode()
    )
    assert (found.meta.group, found.meta.ra, found.meta.dec) == ("HD 1", 10.5, -3.5)


@pytest.mark.parametrize(
    ("own", "cards"),
    [
        ({"header": {"OBJECT": "HD 1", "RA": "00:42:00", "DEC": -3.5}}, {}),
        ({"object": "HD 1", "ra": 10.5, "dec": -3.5}, {}),
        ({"header": fits.Header({"OBJECT": "HD 1", "RA": 10.5, "DEC": -3.5})}, {}),
        ({}, {"OBJECT": "HD 1", "RA": 10.5, "DEC": -3.5}),
    ],
)
def test_what_specutils_reads_keeps_object_and_position(
    own: dict[str, object], cards: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    from astropy import units  # noqa: PLC0415

    spectrum = SpecutilsSpectrum(flux=F * units.Jy, spectral_axis=W * units.AA, meta=own)
    monkeypatch.setattr(fallback, "_loaded", lambda path, content: [spectrum])
    out = io.BytesIO()
    fits.PrimaryHDU(np.ones((3, 3)), header=fits.Header(cards)).writeto(out)
    (found,) = read(out.getvalue(), format="specutils")
    assert (found.meta.group, found.meta.ra, found.meta.dec) == ("HD 1", 10.5, -3.5)
    assert found.provenance.unit_known_by == "specutils"
