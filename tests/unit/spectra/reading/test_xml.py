"""XML from users: what a parser sees is decided on, however the text is written."""

from __future__ import annotations

import urllib.request
from typing import Any

import pytest

from spectra import UnreadableSpectrum
from spectra.fault import Fault
from spectra.reading.walk import read

NAMESPACE = "http://www.ivoa.net/xml/VOTable/v1.3"
FIELDS = '<FIELD name="wavelength" datatype="double" unit="Angstrom"/><FIELD name="flux" datatype="double"/>'
ROWS = "<TR><TD>5000</TD><TD>1</TD></TR><TR><TD>5001</TD><TD>2</TD></TR><TR><TD>5002</TD><TD>3</TD></TR>"
CELLS = f"<TABLEDATA>{ROWS}</TABLEDATA>"
ADDRESS = "http://127.0.0.1:9/x"


def votable(data: str, *, more: str = "", before: str = "", declared: str = "") -> str:
    """Return a VOTable whose DATA are given."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<VOTABLE version="1.3" xmlns="{NAMESPACE}"{declared}>'
        f"<RESOURCE>{more}<TABLE>{FIELDS}<DATA>{data}</DATA></TABLE></RESOURCE></VOTABLE>"
    )


ELSEWHERE = {
    "plain": f'<BINARY><STREAM href="{ADDRESS}"/></BINARY>',
    "BINARY2": f"<BINARY2><STREAM href='{ADDRESS}' encoding='gzip'></STREAM></BINARY2>",
    "a greater-than sign": f'<BINARY><STREAM rights=">" href="{ADDRESS}"></STREAM></BINARY>',
    "a prefix": f'<v:BINARY><v:STREAM href="{ADDRESS}"/></v:BINARY>',
    "a prefix in other letters": f'<é:BINARY><é:STREAM href="{ADDRESS}"/></é:BINARY>',
    "a line break": f'<BINARY><STREAM\n\n href\n=\n"{ADDRESS}"/></BINARY>',
    "small letters": f'<BINARY><stream HREF="{ADDRESS}"/></BINARY>',
    "xlink": f'<BINARY><STREAM v:href="{ADDRESS}"/></BINARY>',
    "a file": '<BINARY><STREAM href="file:///etc/passwd"/></BINARY>',
    "FITS": f'<FITS extnum="1"><STREAM href="{ADDRESS}"/></FITS>',
    "FITS within": '<FITS><STREAM encoding="base64">U0lNUExF</STREAM></FITS>',
    "PARQUET": f'<PARQUET type="VOTable-remote-file"><STREAM href="{ADDRESS}"/></PARQUET>',
    "references to characters": '<BINARY><STREAM href="&#104;ttp://127.0.0.1:9/x"/></BINARY>',
    "behind a comment": f'<!-- <STREAM> --><BINARY><STREAM actuate="-->" href="{ADDRESS}"/></BINARY>',
    "behind CDATA": f'<BINARY><![CDATA[<STREAM>]]><STREAM href="{ADDRESS}"/></BINARY>',
    "XInclude": f'<xi:include href="{ADDRESS}"/>{CELLS}',
}


@pytest.fixture(autouse=True)
def _nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_arguments: Any, **_more: Any) -> None:
        pytest.fail("an address was opened")

    monkeypatch.setattr(urllib.request, "urlopen", opened)


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_data_that_lie_elsewhere_are_rejected(kind: str) -> None:
    declared = f' xmlns:v="{NAMESPACE}" xmlns:é="{NAMESPACE}" xmlns:xi="http://www.w3.org/2001/XInclude"'
    with pytest.raises(UnreadableSpectrum) as caught:
        read(votable(ELSEWHERE[kind], declared=declared).encode())
    assert caught.value.kind is Fault.FORBIDDEN


@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE VOTABLE SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE VOTABLE [<!ENTITY a "aaaa">]>',
        '<!DOCTYPE\nVOTABLE [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>',
        "<!-- > --><!DOCTYPE VOTABLE>",
    ],
)
def test_a_document_type_is_rejected(before: str) -> None:
    with pytest.raises(UnreadableSpectrum, match="document type") as caught:
        read(votable(CELLS, before=before).encode())
    assert caught.value.kind is Fault.FORBIDDEN


@pytest.mark.parametrize(
    "more",
    [
        f'<LINK href="{ADDRESS}"/>',
        f'<DESCRIPTION>&lt;STREAM href="{ADDRESS}"/&gt; &lt;!DOCTYPE x&gt;</DESCRIPTION>',
        f'<!-- <STREAM href="{ADDRESS}"/> <!DOCTYPE x> -->',
        f'<DESCRIPTION><![CDATA[<STREAM href="{ADDRESS}"/>]]></DESCRIPTION>',
        '<INFO name="rights" value=">"/>',
    ],
)
def test_what_only_names_such_things_is_read(more: str) -> None:
    text = votable(CELLS, more=more, before=f'<?xml-stylesheet type="text/xsl" href="{ADDRESS}"?>')
    assert list(read(text.encode())[0].flux) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp037"])
def test_no_encoding_hides_an_address(encoding: str) -> None:
    text = votable(ELSEWHERE["plain"]).replace("UTF-8", encoding, 1)
    with pytest.raises(UnreadableSpectrum):
        read(text.encode(encoding), format="votable")
    with pytest.raises(UnreadableSpectrum):
        read(text.encode(), format="votable")


def test_a_byte_order_mark_and_latin_1_are_read() -> None:
    assert read(b"\xef\xbb\xbf" + votable(CELLS).encode())
    latin = votable(CELLS, more="<DESCRIPTION>é</DESCRIPTION>").replace("UTF-8", "ISO-8859-1", 1)
    assert read(latin.encode("latin-1"))


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0"?><VOTABLE>' + "<STREAM " * 100_000,
        '<?xml version="1.0"?><VOTABLE ' + " a" * 400_000,
        '<?xml version="1.0"?><VOTABLE>' + "<a>" * 300_000,
        '<?xml version="1.0"?><VOTABLE>' + "<!" + " " * 2_000_000,
        '<?xml version="1.0"?><VOTABLE>' + "<" + "a" * 2_000_000 + "/></VOTABLE>",
        "<SED>" + "<Segment>" * 50_000 + '<Point SP="1" F="1"/>' * 50_000,
        "<SED>" + "<Segment>" * 60 + '<Point SP="1" F="1"/>' * 50_000 + "</Segment>" * 60 + "</SED>",
    ],
)
def test_a_broken_document_of_megabytes_is_rejected(text: str) -> None:
    """A scan whose time grows with the square of the size would take hours."""
    with pytest.raises(UnreadableSpectrum):
        read(text.encode())


def test_segments_of_an_ivoa_document_are_spectra() -> None:
    stated, bare = ("".join(f'<Point SP="{begin + n}" F="{n}"/>' for n in range(3)) for begin in (500, 6000))
    axis = '<SpectralAxis unit="nm"/>'
    target = "<Target><Name>Vega</Name></Target>"
    document = f"<SED>{target}<Segment>{axis}{stated}</Segment><Segment>{bare}</Segment></SED>"
    first, second = read(document.encode())
    assert (first.wavelength[0], second.wavelength[0], first.meta.group) == (5000.0, 6000.0, "Vega")
