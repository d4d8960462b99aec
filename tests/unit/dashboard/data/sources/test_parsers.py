"""Lists as servers, and those who mean harm, write them."""
# ruff: noqa: E501 - pages and names as they are

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from astropy.io import votable
from astropy.table import Table

from dashboard.data.acquisition.content import path_of_content, require_data
from dashboard.data.acquisition.paths import PathBook, safe_path
from dashboard.data.acquisition.sky import mollweide
from dashboard.data.ingest.path import upload_path
from dashboard.data.sources.kinds.doi import files_of
from dashboard.data.sources.kinds.webdav import listing_of as webdav_listing
from dashboard.data.sources.listing.index_page import listing_of
from dashboard.data.sources.listing.s3_signature import signed_headers
from dashboard.data.sources.listing.xml_tree import parse_xml
from dashboard.data.sources.record import FetchError
from dashboard.data.sources.transport.ftp import unix_line
from dashboard.data.sources.votable.columns import name_of, roles_of
from dashboard.data.sources.votable.lines import head_of, write_lines
from dashboard.data.sources.votable.lines import rows_of as written_rows
from dashboard.data.sources.votable.reader import read_table
from dashboard.data.sources.votable.table import Column, Row, TableError, TableFault

ROOT = "http://example.org/pub/spectra/"
NGINX = b"""<html><head><title>Index of /pub/spectra/</title></head><body><h1>Index of /pub/spectra/</h1><hr><pre>
<a href="../">../</a>
<a href="night%201/">night 1/</a>                 30-Nov-2026 04:50                   -
<a href="a%20b%27.fits">a b&#39;.fits</a>          30-Nov-2026 04:50               12345
</pre><hr></body></html>"""
APACHE = b"""<html><body><table><tr><th><a href="?C=N;O=D">Name</a></th></tr>
<tr><td><a href="/pub/">Parent Directory</a></td></tr>
<tr><td><a href="M%fcnchen.fits">M\xfcnchen.fits</a></td><td align="right">2026-11-30 04:50  </td><td>1.2K</td></tr>
<tr><td><a href="sub/">sub/</a></td></tr></table></body></html>"""
PYTHON = b"""<!DOCTYPE HTML><html><body><ul><li><a href="link">link@</a></li><li><a href="x.fits">x.fits</a></li>
<li><a href="%2e%2e">up</a></li><li><a href="a%2Fb">slash</a></li><li><a href="http://evil.example/x.fits">x</a></li>
<li><a href="javascript:alert(1)">y</a></li><li><a href="x.fits#part">again</a></li></ul></body></html>"""


def test_index_pages_of_three_servers_are_read_by_their_addresses() -> None:
    nginx = listing_of(NGINX, ROOT)
    assert [(one.name, one.folder, one.size) for one in nginx.entries] == [
        ("night 1", True, None),
        ("a b'.fits", False, 12345),
    ]
    apache = listing_of(APACHE, ROOT)
    assert [(one.name, one.folder, one.size) for one in apache.entries] == [
        ("München.fits", False, 1228),
        ("sub", True, None),
    ]
    python = listing_of(PYTHON, ROOT)
    assert [one.name for one in python.entries] == ["link", "x.fits"]
    assert python.odd == 2


HEAD = b'<VOTABLE version="1.4"><RESOURCE type="results"><TABLE><FIELD name="url" datatype="char"/>'
TAIL = b"</TABLE></RESOURCE></VOTABLE>"


def rows_of(document: bytes, block: int = 7) -> tuple[list[Row], str]:
    rows: list[Row] = []
    blocks = (document[i : i + block] for i in range(0, len(document), block))
    return rows, read_table(blocks, rows.append, 10).status


def test_rows_are_read_whatever_the_blocks_are() -> None:
    data = b"<DATA><TABLEDATA><TR><TD>http://a/b?x=1&amp;y=2</TD></TR><TR><TD/></TR></TABLEDATA></DATA>"
    rows, _ = rows_of(HEAD + data + TAIL)
    assert rows == [["http://a/b?x=1&y=2"], [None]]


def test_a_status_at_the_end_counts() -> None:
    document = b'<VOTABLE><RESOURCE><INFO name="QUERY_STATUS" value="OK"/><TABLE><FIELD name="u"/></TABLE>'
    document += b'<INFO name="QUERY_STATUS" value="OVERFLOW">cut</INFO></RESOURCE></VOTABLE>'
    assert rows_of(document)[1] == "OVERFLOW"


BOMB = b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY c "&a;&a;">]><VOTABLE>&c;</VOTABLE>'


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (b"<!doctype html><html></html>", TableFault.HTML),
        (b"\xef\xbb\xbf  <HTML>", TableFault.HTML),
        (BOMB, TableFault.DECLARATION),
        (b'<!DOCTYPE VOTABLE SYSTEM "file:///etc/passwd"><VOTABLE/>', TableFault.DECLARATION),
        (b"<kml></kml>", TableFault.NOT_VOTABLE),
        (b"\x1f\x8b\x08", TableFault.NOT_XML),
        (zlib.compress(b"<VOTABLE/>"), TableFault.NOT_XML),
        (b"<VOTABLE>" + b"<GROUP>" * 100, TableFault.DEPTH),
        (HEAD + b"<DATA><TABLEDATA><TR><TD>" + b"a" * 1_100_000, TableFault.SIZE),
        (HEAD + b"<DATA>", TableFault.NOT_XML),
    ],
)
def test_what_is_no_votable_says_so(document: bytes, fault: TableFault) -> None:
    with pytest.raises(TableError) as told:
        rows_of(document, 1000)
    assert told.value.fault is fault


@pytest.mark.parametrize("document", [BOMB, b"no xml", b"<a>" * 100, b""])
def test_small_xml_is_read_without_declarations(document: bytes) -> None:
    with pytest.raises(FetchError):
        parse_xml(document)


def test_roles_are_found_by_utype_then_ucd_then_name() -> None:
    columns = [
        Column("acref"),
        Column("x", utype="ssa:Access.Reference"),
        Column("t", ucd="meta.id;src"),
        Column("access_estsize"),
    ]
    roles = roles_of(columns, {"label": "t"})
    record = roles.record(["no", "http://a/s?id=ivo://x/y/PH957.fits", "PH 957", "12"])
    assert (record.address, record.name) == ("http://a/s?id=ivo://x/y/PH957.fits", "PH957.fits")
    assert (record.object, record.label, record.size) == ("PH 957", "PH 957", 12000)


def test_names_without_a_path_get_the_ending_of_their_format() -> None:
    assert name_of("http://a/get?id=5", "application/fits") == "get.fits"
    assert name_of("http://a/", "") == "spectrum"


HOSTILE = [
    "../../etc/passwd", "/etc/passwd", "a/../b.fits", "..", ".", "", " ", "a\0b.fits", "a\nb.fits", "C:\\x.fits",
    "\\\\server\\x", ".hidden", "a" * 3000 + ".fits", "é" * 300 + ".fits.gz", "/".join("abc" * 9), "x!",
    "a\u202eb.fits", "\ud800.fits", "a//b.fits", "'\"; DROP TABLE.fits", "%2e%2e/x.fits", "con:", "x/.git/config",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_every_name_becomes_a_path_that_can_be_stored(name: str) -> None:
    path = safe_path(name, 7)
    assert upload_path(path) == path
    assert ".." not in path.split("/")


def test_paths_of_one_acquisition_are_all_different() -> None:
    book = PathBook()
    names = ["a.fits", "a.fits", "A.FITS", "a-2.fits", "b", "b.fits", "b", "x/../a.fits", "a.fits.gz"]
    paths = [book.path(name, number) for number, name in enumerate(names)]
    assert len({path.casefold() for path in paths}) == len(names)
    assert paths[:2] == ["a.fits", "a-2.fits"]


def test_content_decides_what_a_file_is() -> None:
    assert path_of_content(b"SIMPLE  =      T", "spec") == "spec.fits"
    assert path_of_content(b"<?xml version='1.0'?><VOTABLE ", "PH957.fits") == "PH957.vot"
    assert path_of_content(b"\x1f\x8b\x08", "a.csv") == "a.csv.gz"
    with pytest.raises(FetchError):
        require_data(b"<html>", "a.fits")
    with pytest.raises(FetchError):
        require_data(b"plain", "a.fits.gz")


def test_webdav_lists_what_is_directly_below_however_it_is_escaped() -> None:
    answer = b"""<d:multistatus xmlns:d="DAV:"><d:response><d:href>/dav/s%20t/</d:href></d:response>
      <d:response><d:href>/dav/s%20t/a%2520b.fits</d:href><d:propstat><d:prop><d:getcontentlength>7</d:getcontentlength>
      </d:prop></d:propstat></d:response><d:response><d:href>/dav/s t/sub/</d:href><d:propstat><d:prop>
      <d:resourcetype><d:collection/></d:resourcetype></d:prop></d:propstat></d:response>
      <d:response><d:href>/etc/passwd</d:href></d:response></d:multistatus>"""
    found = webdav_listing(parse_xml(answer), "http://h/dav/s%20t/")
    assert [(one.name, one.folder, one.size) for one in found.entries] == [
        ("a%20b.fits", False, 7),
        ("sub", True, None),
    ]


def test_lines_of_ftp_servers_are_read_and_links_are_not_followed() -> None:
    line = "-rw-r--r--    1 ftp      ftp          1234 Nov 30 04:50 a b.fits"
    assert unix_line(line) == ("a b.fits", {"type": "file", "size": "1234"})
    assert unix_line("lrwxrwxrwx 1 f f 1 Nov 30 04:50 x -> /etc") is None
    assert unix_line("total 5") is None


def test_files_of_a_deposit_are_listed_in_both_forms() -> None:
    zenodo = {"files": [{"key": "a.fits", "size": 5, "links": {"self": "http://z/a"}}, {"key": "../x"}, "no"]}
    assert [(one.name, one.address, one.size) for one in files_of(zenodo, "http://z/1")] == [
        ("a.fits", "http://z/a", 5)
    ]
    rdm = {"files": {"entries": {"b.fits": {"key": "b.fits", "links": {"content": "http://z/b"}}}}}
    assert [one.name for one in files_of(rdm, "http://z/1")] == ["b.fits"]


def test_a_request_is_signed_as_amazon_documents_it() -> None:
    headers = signed_headers(
        "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "us-east-1",
        datetime(2013, 5, 24, tzinfo=UTC),
    )
    assert headers["x-amz-date"] == "20130524T000000Z"
    assert "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request" in headers["Authorization"]


def test_the_map_of_the_sky_keeps_its_edges() -> None:
    assert mollweide(0, 0) == (0, 0)
    assert mollweide(0, 90)[1] == pytest.approx(1, abs=1e-3)
    assert mollweide(179.999, 0)[0] == pytest.approx(-2, abs=1e-3)


@pytest.mark.parametrize("form", ["binary", "binary2"])
def test_encoded_rows_come_with_the_status_and_the_services_after_them(tmp_path: Path, form: str) -> None:
    made = Table({"access_url": ["http://a/1", ""], "s_ra": [1.5, 2.5], "pixels": [[1, 2], [3, 4]]})
    votable.writeto(votable.from_table(made), str(tmp_path / "plain.vot"), tabledata_format=form)
    after = (
        b'<INFO name="QUERY_STATUS" value="OVERFLOW"/></RESOURCE><RESOURCE type="meta" utype="adhoc:service">'
        b'<PARAM name="accessURL" value="http://a/soda"/><PARAM name="standardID" '
        b'value="ivo://ivoa.net/std/SODA#sync-1.0"/></RESOURCE>'
    )
    document = (tmp_path / "plain.vot").read_bytes()
    assert b"<STREAM" in document
    (tmp_path / "list.vot").write_bytes(document.replace(b"</RESOURCE>", after))
    write_lines(tmp_path / "list.vot", tmp_path / "lines", 100)
    head = head_of(tmp_path / "lines")
    assert (head.status, head.rows) == ("OVERFLOW", 2)
    assert [(one.access_url, one.standard) for one in head.services] == [
        ("http://a/soda", "ivo://ivoa.net/std/SODA#sync-1.0")
    ]
    assert [column.name for column in head.columns] == ["access_url", "s_ra", "pixels"]
    assert list(written_rows(tmp_path / "lines", 10)) == [
        [["http://a/1", "1.5", "1 2"], [None, "2.5", "3 4"]]
    ]
    (tmp_path / "cut.vot").write_bytes(re.sub(rb">[^<>]*</STREAM>", b">AAA</STREAM>", document))
    with pytest.raises(TableError) as caught:
        write_lines(tmp_path / "cut.vot", tmp_path / "lines", 100)
    assert caught.value.fault is TableFault.BINARY
