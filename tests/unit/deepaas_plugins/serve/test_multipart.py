"""The splitter of small multipart bodies, against what clients write and against hostile bytes."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.models import RequestEncodingMixin

from deepaas_plugins.serve.http.multipart import Part, Splitter, boundary_of, split
from deepaas_plugins.serve.problems import Problem


def one(disposition: str, more: str = "", content: bytes = b"abc") -> Part:
    body = f"--b\r\nContent-Disposition: {disposition}\r\n{more}\r\n".encode() + content + b"\r\n--b--\r\n"
    (part,) = split(body, b"b", 10)
    return part


@given(
    st.lists(
        st.tuples(st.text("abcdefgh", min_size=1), st.text("abc.é ", min_size=1), st.binary(max_size=200)),
        min_size=1,
    )
)
def test_what_a_client_puts_together_is_taken_apart(files: list[tuple[str, str, bytes]]) -> None:
    given = [(name, (filename, content, "image/fits")) for name, filename, content in files]
    body, content_type = RequestEncodingMixin._encode_files(given, {})
    parts = split(body, boundary_of(content_type), 1000)
    assert parts == [Part(name, filename, "image/fits", content) for name, filename, content in files]


@given(st.binary(max_size=300))
def test_any_bytes_are_split_or_rejected(noise: bytes) -> None:
    for body in (noise, b"--b\r\n" + noise, b"--b\r\nContent-Disposition: " + noise + b"\r\n--b--"):
        assert status_of(body) in {200, 400, 413, 415}


def status_of(body: bytes) -> int:
    try:
        split(body, b"b", 10)
    except Problem as problem:
        return problem.status
    return 200


def test_a_name_may_be_written_in_every_way_that_clients_know() -> None:
    assert one('form-data; name="a"; filename="x y.fits"').filename == "x y.fits"
    assert one('form-data; filename="x"; name="a"').filename == "x"
    assert one('form-data; name="a"; filename="a\\"b"').filename == 'a"b'
    assert one("form-data; name=a; filename=x").filename == "x"
    assert one("form-data; name=\"a\"; filename*=UTF-8''%C3%A5.fits").filename == "å.fits"
    assert one('form-data; name="a"').filename is None


def test_parts_may_be_empty_and_lie_behind_a_preamble() -> None:
    assert one('form-data; name="a"; filename=""', content=b"").content == b""
    body = b'nothing\r\n--b  \r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n--b--'
    assert split(body, b"b", 10) == [Part("a", None, "text/plain", b"")]
    assert split(b"--b--\r\n", b"b", 10) == []


@pytest.mark.parametrize("filling", [b"\r\n", b"--b", b"\r\n--", b"x"])
def test_a_preamble_of_any_length_takes_one_pass(filling: bytes) -> None:
    portion = filling * (2**18 // len(filling))
    splitter = Splitter(b"boundary", 10)
    began = time.process_time()
    for _ in range(48):  # 12 MB
        assert list(splitter.feed(portion)) == []
    with pytest.raises(Problem, match="does not hold its boundary"):
        splitter.close()
    assert time.process_time() - began < 2  # a line at a time took 7 s, and the event loop with it


def test_a_boundary_within_a_line_is_content() -> None:
    assert one('form-data; name="a"', content=b"x--b--y").content == b"x--b--y"


def test_transfer_encodings_are_undone() -> None:
    assert one('form-data; name="a"', "Content-Transfer-Encoding: base64\r\n", b"YWJj").content == b"abc"
    assert (
        one('form-data; name="a"', "Content-Transfer-Encoding: quoted-printable\r\n", b"=61").content == b"a"
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"--c--", 400),
        (b"--b\r\n", 400),
        (b"--b", 400),
        (b"--bx\r\n\r\nabc\r\n--b--", 400),
        (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nabc', 400),
        (b"--b\r\nContent-Disposition: attachment\r\n\r\nabc\r\n--b--", 400),
        (b'--b\r\nContent-Disposition: form-data; name="a"\r\nContent-Encoding: br\r\n\r\na\r\n--b--', 415),
        (
            b"--b\r\nContent-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: x\r\n\r\n\r\n--b--",
            415,
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n' + b"x: y\r\n" * 9000 + b"\r\na\r\n--b--",
            400,
        ),
        (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\na\r\n' * 11 + b"--b--", 413),
    ],
)
def test_what_is_broken_is_rejected(body: bytes, status: int) -> None:
    with pytest.raises(Problem) as problem:
        split(body, b"b", 10)
    assert problem.value.status == status


def test_a_path_of_windows_keeps_its_backslashes() -> None:
    head = b'Content-Disposition: form-data; name="data"; filename="C:\\fakepath\\a.png"'
    (part,) = split(b"--x\r\n" + head + b"\r\n\r\n1\r\n--x--\r\n", b"x", 5)
    assert part.filename == "C:\\fakepath\\a.png"
