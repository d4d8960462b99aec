"""Scalars in TensorBoard's event files and in MLflow's folders, read without either.

An event file is a TFRecord of protocol buffers ``Event {2: step, 5: Summary {1: Value {1: tag,
2: simple_value, 8: TensorProto {1: dtype, 4: content, 5: float_val, 6: double_val}}}}``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

#: Bytes of a record, and of a file, that are read.
RECORD_LIMIT = 1 << 22
FILE_LIMIT = 256 << 20
VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5
FLOAT, DOUBLE = 1, 2


def is_event_file(path: Path) -> bool:
    """Whether a file is one of TensorBoard's."""
    return ".tfevents." in path.name


def scalars(path: Path) -> Iterator[tuple[str, int, float]]:
    """Yield name, step and value of each scalar of an event file, up to where it is whole."""
    try:
        with path.open("rb") as stream:
            read = 0
            while read < FILE_LIMIT:
                head = stream.read(12)
                if len(head) < 12:
                    return
                (length,) = struct.unpack("<Q", head[:8])
                if length > RECORD_LIMIT:
                    return
                content = stream.read(length + 4)
                if len(content) < length + 4:
                    return
                read += 16 + length
                yield from _event(content[:length])
    except (OSError, ValueError, IndexError, struct.error):
        return


def mlflow_points(path: Path) -> Iterator[tuple[str, int, float]]:
    """Yield the points of a metric in MLflow's folder ``mlruns/…/RUN/metrics/NAME``: time, value, step."""
    parts = path.parts
    if "mlruns" not in parts or "metrics" not in parts:
        return
    name = "/".join(parts[len(parts) - parts[::-1].index("metrics") :])
    try:
        with path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream):
                words = line.split()
                if len(words) >= 2:
                    yield name, int(words[2]) if len(words) > 2 else number, float(words[1])
    except (OSError, ValueError):
        return


def _event(content: bytes) -> Iterator[tuple[str, int, float]]:
    step, summaries = 0, []
    for number, kind, value in _fields(content):
        if number == 2 and kind == VARINT:
            step = int.from_bytes(value, "little")
        elif number == 5 and kind == BYTES:
            summaries.append(value)
    for summary in summaries:
        for number, kind, value in _fields(summary):
            if number == 1 and kind == BYTES:
                tag, scalar = _value(value)
                if tag and scalar is not None:
                    yield tag, step, scalar


def _value(content: bytes) -> tuple[str, float | None]:
    tag, scalar = "", None
    for number, kind, value in _fields(content):
        if number == 1 and kind == BYTES:
            tag = value.decode("utf-8", "replace")
        elif number == 2 and kind == FOUR:
            scalar = struct.unpack("<f", value)[0]
        elif number == 8 and kind == BYTES:
            scalar = _tensor(value)
    return tag, scalar


def _tensor(content: bytes) -> float | None:
    dtype, found = 0, None
    for number, kind, value in _fields(content):
        if number == 1 and kind == VARINT:
            dtype = int.from_bytes(value, "little")
        elif number in (4, 5, 6) and kind in (BYTES, FOUR, EIGHT):
            found = value
    if found is None:
        return None
    if dtype == FLOAT and len(found) == 4:
        return float(struct.unpack("<f", found)[0])
    if dtype == DOUBLE and len(found) == 8:
        return float(struct.unpack("<d", found)[0])
    return None


def _fields(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    place = 0
    while place < len(content):
        key, place = _varint(content, place)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, place = _varint(content, place)
            yield number, kind, value.to_bytes(10, "little")
            continue
        if kind == BYTES:
            length, place = _varint(content, place)
        else:
            length = {EIGHT: 8, FOUR: 4}.get(kind, 0)
        if (not length and kind != BYTES) or place + length > len(content):
            raise ValueError("no protocol buffer")
        yield number, kind, content[place : place + length]
        place += length


def _varint(content: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = content[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value & (2**64 - 1), place
    raise ValueError("no varint")
