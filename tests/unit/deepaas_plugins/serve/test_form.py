"""Forms: the same form has the same answer, whether it is in memory or arrives in portions."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepaas_plugins.serve.http.charsets import codec_of, is_ascii_like
from deepaas_plugins.serve.http.form import form_in_memory, form_to_spool
from deepaas_plugins.serve.http.multipart import Splitter, boundary_of
from deepaas_plugins.serve.http.spool import Spool
from deepaas_plugins.serve.http.transfer_encoding import decoder
from deepaas_plugins.serve.options import Options
from deepaas_plugins.serve.problems import Problem

Shown = list[tuple[str, Any]]

FILE = b'Content-Disposition: form-data; name="data"; filename="a"'
TEXT = b'Content-Disposition: form-data; name="text"'
LATIN = b"\r\nContent-Type: text/plain; charset="


def form(*parts: tuple[bytes, bytes]) -> bytes:
    body = b"".join(b"--b\r\n" + head + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
    return body + b"--b--\r\n"


def in_memory(body: bytes, options: Options) -> Shown:
    made = form_in_memory(body, b"b", options)
    contents = iter(made.parts)
    return [
        (name, value if isinstance(value, str) else (value["filename"], value["type"], next(contents)))
        for name, value in made.form
    ]


def streamed(body: bytes, options: Options, folder: Path, size: int) -> Shown:
    async def chunks() -> AsyncIterator[bytes]:
        for place in range(0, len(body), size):
            yield body[place : place + size]

    folder.mkdir(exist_ok=True)
    place = Spool(2**30, folder).place()
    try:
        made = asyncio.run(form_to_spool(chunks(), b"b", options, place))
        return [
            (
                name,
                value
                if isinstance(value, str)
                else (value["filename"], value["type"], Path(value["path"]).read_bytes()),
            )
            for name, value in made.form
        ]
    finally:
        place.remove()


def outcome(read: Any, *arguments: Any) -> Any:
    try:
        return read(*arguments)
    except Problem as problem:
        return problem.status


def both(body: bytes, folder: Path, options: Options | None = None) -> Any:
    """Return what the form holds, or the status of its rejection: the same in memory and in portions."""
    options = options or Options(maximum_files=3)
    whole = outcome(in_memory, body, options)
    for size in (1, 7, 64, len(body) + 1):
        assert outcome(streamed, body, options, folder / "spool", size) == whole
    return whole


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(FILE, b"star")], [("data", ("a", "application/octet-stream", b"star"))]),
        ([(FILE + b"\r\nContent-Transfer-Encoding: base64", b"c3Rh\r\ncg==")], b"star"),
        ([(FILE + b"\r\nContent-Transfer-Encoding: Quoted-Printable", b"st=61=\r\nr=3D")], b"star="),
        ([(FILE + b"\r\nContent-Transfer-Encoding: base64", b"c3Rhc")], 400),
        ([(FILE + b"\r\nContent-Transfer-Encoding: uuencode", b"x")], 415),
        ([(FILE + b"\r\nContent-Encoding: gzip", gzip.compress(b"star"))], 415),
        ([(FILE + b"\r\nContent-Encoding: identity", b"star")], b"star"),
        ([(TEXT + b"\r\nContent-Transfer-Encoding: base64", b"c3Rhcg==")], [("text", "star")]),
        ([(b'Content-Disposition: attachment; name="data"; filename="a"', b"star")], b"star"),
        ([(b'content-disposition:form-data;\r\n name="data";\r\n\tfilename="a"', b"star")], b"star"),
        ([(b"Content-Disposition: form-data; filename=a", b"star")], 400),
        ([(b"Content-Type: text/plain", b"star")], 400),
        ([(FILE + b"\r\nContent-Type: multipart/mixed; boundary=in", b"--in\r\n\r\nx\r\n--in--")], 400),
        (
            [(b'Content-Disposition: form-data; name="data"; filename="\xe5.png"', b"x")],
            [("data", ("å.png", "application/octet-stream", b"x"))],
        ),
        (
            [('Content-Disposition: form-data; filename="å.png"; name=data'.encode("latin-1"), b"x")],
            [("data", ("å.png", "application/octet-stream", b"x"))],
        ),
        ([(FILE.replace(b'"a"', b'""'), b""), (TEXT, b"url")], [("text", "url")]),
        ([(FILE.replace(b'"a"', b'""'), b"x")], [("data", ("", "application/octet-stream", b"x"))]),
        ([(TEXT + LATIN + b"iso-8859-1", b"\xe5")], [("text", "å")]),
        ([(TEXT + LATIN + b'"UTF-16"', "å".encode("utf-16"))], [("text", "å")]),
        ([(TEXT + LATIN + b"no-such", b"x")], 415),
        ([(TEXT + LATIN + b"punycode", b"x")], 415),
        ([(TEXT + LATIN + b"hex", b"78")], 415),
        ([(TEXT, b"\xe5")], 400),
        (
            [(b'Content-Disposition: form-data; name="_charset_"', b"iso-8859-1"), (TEXT, b"\xe5")],
            [("text", "å")],
        ),
        ([(b'Content-Disposition: form-data; name="_charset_"', b"no-such"), (TEXT, b"x")], 415),
        ([(FILE, b"x")] * 4, 413),
    ],
)
def test_a_form_reads_the_same_in_memory_and_in_portions(
    parts: list[tuple[bytes, bytes]], expected: Any, tmp_path: Path
) -> None:
    if isinstance(expected, bytes):
        expected = [("data", ("a", "application/octet-stream", expected))]
    assert both(form(*parts), tmp_path) == expected


def test_a_boundary_may_follow_the_head_of_an_empty_part_at_once(tmp_path: Path) -> None:
    body = b"\r\n".join([b"nothing", b"--b  ", FILE, b"", b"--b", TEXT, b"", b"x", b"--b--"])
    assert both(body, tmp_path) == [("data", ("a", "application/octet-stream", b"")), ("text", "x")]


@given(
    st.binary(max_size=120),
    st.sampled_from(
        [b"", b"\r\nContent-Transfer-Encoding: base64", b"\r\nContent-Type: text/plain;charset=x"]
    ),
    st.integers(1, 40),
)
def test_any_bytes_are_split_alike_in_portions(noise: bytes, head: bytes, size: int) -> None:
    for body in (noise, form((FILE + head, noise)), b"--b\r\n" + FILE + noise + b"\r\n--b--"):
        assert outcome(events, body, size) == outcome(events, body, len(body) + 1)


def test_a_form_may_be_cut_anywhere() -> None:
    body = b"\r\n" + form((FILE, b"\r\n\r\n"), (TEXT, b"\r\n--"), (FILE, b""))
    whole = events(body, len(body))
    for size in range(1, len(body)):
        assert events(body, size) == whole
        assert events(body[2:], size) == whole


def events(body: bytes, size: int) -> list[Any]:
    """Return heads and contents, with portions of a content joined."""
    splitter = Splitter(b"b", 10)
    found: list[Any] = []
    for place in range(0, len(body), size):
        for event in splitter.feed(body[place : place + size]):
            if isinstance(event, bytes) and isinstance(found[-1], bytes):
                found[-1] += event
            elif event != b"":
                found.append(event)
    splitter.close()
    return found


@given(
    st.text("aZ09+/= \r\n=\tå", max_size=80),
    st.integers(1, 9),
    st.sampled_from([b"base64", b"quoted-printable"]),
)
def test_an_encoding_is_undone_alike_in_portions(text: str, size: int, encoding: bytes) -> None:
    def undone(size: int) -> bytes:
        made = decoder(encoding)
        assert made is not None
        data = text.encode()
        return b"".join(made.feed(data[i : i + size]) for i in range(0, len(data), size)) + made.close()

    assert outcome(undone, size) == outcome(undone, 1000)


def test_texts_share_the_limit_of_json_bodies(tmp_path: Path) -> None:
    options = Options(maximum_json=100)
    assert both(form((TEXT, b"x" * 100)), tmp_path, options) == [("text", "x" * 100)]
    assert both(form((TEXT, b"x" * 60), (TEXT, b"x" * 41)), tmp_path, options) == 413


@pytest.mark.parametrize("name", ["boundary", "BOUNDARY", "Boundary "])
def test_the_boundary_is_found_in_any_case(name: str) -> None:
    assert boundary_of(f"multipart/form-data; charset=utf-8; {name}=edge") == b"edge"
    assert boundary_of(f'multipart/form-data;{name}="an edge"') == b"an edge"


@pytest.mark.parametrize("name", ["idna", "undefined", "zlib", "rot13", "", "../x", "utf-7", "x" * 100])
def test_a_codec_that_is_no_charset_of_texts_is_rejected(name: str) -> None:
    with pytest.raises(Problem) as problem:
        codec_of(name)
    assert problem.value.status == 415
    assert json.dumps(problem.value.detail)


def test_numbers_are_read_in_charsets_that_extend_ascii_only() -> None:
    assert [is_ascii_like(name) for name in ("utf-8", "ISO-8859-15", "cp1252", "utf-16", "cp037")] == [
        True, True, True, False, False,
    ]  # fmt: skip
