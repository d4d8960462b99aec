"""Frames, metrics, problem documents, tables: what goes out of the process."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from deepaas_plugins.serve.formats import media_types, tables
from deepaas_plugins.serve.http.spool import Spool
from deepaas_plugins.serve.problems import Problem, document
from deepaas_plugins.serve.worker.answer import encode_json
from deepaas_plugins.serve.worker.frames import AsyncChannel, BlockingChannel, Cursor, encode
from deepaas_plugins.serve.worker.spawning import new_spool
from wire.prometheus import Metrics


def test_frames_arrive_however_they_are_cut() -> None:
    received: list[tuple[Any, bytes]] = []
    channel = AsyncChannel(lambda head, content: received.append((head, content)), lambda: None)
    frames = [({"a": 1}, [b"xy", b"z"]), ({"b": "å"}, []), ({}, [bytes(70_000)])]
    stream = b"".join(b"".join(encode(head, parts)) for head, parts in frames)
    for step in (1, 7, 1000, len(stream)):
        received.clear()
        for place in range(0, len(stream), step):
            channel.data_received(stream[place : place + step])
        assert received == [(head, b"".join(parts)) for head, parts in frames]


async def test_both_ends_understand_each_other_and_notice_when_the_other_goes() -> None:
    ours, theirs = socket.socketpair()
    received: asyncio.Queue[tuple[Any, bytes]] = asyncio.Queue()
    lost = asyncio.Event()
    ours.setblocking(False)
    channel = AsyncChannel(lambda head, content: received.put_nowait((head, content)), lost.set)
    await asyncio.get_running_loop().create_connection(lambda: channel, sock=ours)
    worker = BlockingChannel(theirs)
    channel.send({"items": [1]}, [b"abc", memoryview(b"de")])
    head, content = await asyncio.to_thread(worker.receive) or ({}, b"")
    cursor = Cursor(content)
    assert (head, bytes(cursor.take(3)), bytes(cursor.take(2))) == ({"items": [1]}, b"abc", b"de")
    worker.send({"kind": "answers"}, [b"1"])
    assert await received.get() == ({"kind": "answers"}, b"1")
    channel.close()
    await lost.wait()
    assert await asyncio.to_thread(worker.receive) is None
    channel.send({}, [])  # to nobody: dropped
    worker.close()


def test_metrics_are_written_as_prometheus_reads_them() -> None:
    metrics = Metrics()
    count = metrics.counter("requests_total", "Requests.")
    count(status="200")
    count(2, status='a"b')
    metrics.gauge("queue", "Waiting.", lambda: 3, model="m")
    times = metrics.histogram("seconds", "Times.", (0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 7.0):
        times.observe(value)
    assert metrics.text().splitlines() == [
        "# HELP requests_total Requests.",
        "# TYPE requests_total counter",
        'requests_total{status="200"} 1',
        'requests_total{status="a\\"b"} 2',
        "# HELP queue Waiting.",
        "# TYPE queue gauge",
        'queue{model="m"} 3',
        "# HELP seconds Times.",
        "# TYPE seconds histogram",
        'seconds_bucket{le="0.1"} 2',
        'seconds_bucket{le="1.0"} 3',
        'seconds_bucket{le="+Inf"} 4',
        "seconds_sum 7.65",
        "seconds_count 4",
    ]


def test_a_problem_document_says_what_why_and_under_which_id() -> None:
    assert json.loads(document(503, "full", "i-1", ready={"m": 0})) == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "full",
        "message": "full",
        "id": "i-1",
        "ready": {"m": 0},
    }


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", None),
        ("*/*", None),
        ("application/json", None),
        ("text/csv", media_types.CSV_TYPE),
        ("application/x-votable+xml", media_types.VOTABLE_TYPE),
        ("application/json, text/csv;q=0.5", None),
        ("text/csv;q=0.9, application/json;q=0.5", media_types.CSV_TYPE),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", None),
        ("text/csv;q=nonsense", None),
    ],
)
def test_a_table_is_answered_to_who_prefers_one(accept: str, chosen: str | None) -> None:
    assert media_types.choose(accept) == chosen


def test_hostile_names_stay_text_in_tables() -> None:
    answer = {
        "results": [{"name": '</TD>&"\x00,', "value": 1.5, "many": [1], "sure": True}],
        "rejected": [{"name": "x", "reason": "<b>"}],
    }
    text = tables.encode(media_types.VOTABLE_TYPE, answer).decode()
    assert "&lt;/TD&gt;&amp;" in text
    assert "\x00" not in text
    assert 'name="value" datatype="double"' in text
    assert 'name="sure" datatype="boolean"' in text
    lines = tables.encode(media_types.CSV_TYPE, answer).decode().split("\r\n")
    assert lines[0] == "name,value,many,sure,rejected"
    assert lines[2] == "x,,,,<b>"


def test_numbers_that_are_none_are_null_in_json() -> None:
    assert encode_json({"a": [float("nan"), 1.0], "b": float("inf")}) == b'{"a": [null, 1.0], "b": null}'


def test_a_spool_counts_its_bytes_and_removes_what_is_in_it(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead = tmp_path / "huggins-spool-999999999-x"
    dead.mkdir()
    spool = Spool(100, new_spool())
    assert not dead.exists()
    place = spool.place()
    place.take(60)
    place.new_file().write_bytes(b"x")
    other = spool.place()
    with pytest.raises(Problem, match="Too many uploads"):
        other.take(60)
    place.remove()
    other.take(60)
    other.remove()
    assert (spool.used, list(spool.folder.iterdir())) == (0, [])
    alive = Spool(100, new_spool())
    spool.close()
    assert [each.name for each in tmp_path.iterdir()] == [alive.folder.name]
    assert str(os.getpid()) in alive.folder.name
    alive.close()
