"""Log records as JSON."""

from __future__ import annotations

import json
import logging

from wire.json_records import REQUEST, JsonFormatter


def test_a_record_is_one_line_with_its_request_and_error() -> None:
    REQUEST.set("abcdefgh")
    try:
        raise ValueError("no\nsuch")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("a", logging.WARNING, __file__, 1, "of %s\x1b", ("two\nlines",), info)
    line = JsonFormatter().format(record)
    REQUEST.set("")
    assert "\n" not in line
    assert "\x1b" not in line
    told = json.loads(line)
    assert (told["level"], told["logger"], told["request"]) == ("WARNING", "a", "abcdefgh")
    assert told["message"] == "of two\nlines\x1b"
    assert told["error"].endswith("no\nsuch")
    assert "call" not in told
    assert "request" not in json.loads(JsonFormatter().format(record))


def test_the_facts_of_a_call_stay_data() -> None:
    record = logging.LogRecord("huggins.access", logging.INFO, __file__, 1, "%s", ('{"status": 200}',), None)
    record.call = {"status": 200}
    told = json.loads(JsonFormatter().format(record))
    assert (told["message"], told["call"]) == ("call", {"status": 200})
