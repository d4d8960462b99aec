"""Log records as lines of JSON, each with the id of the request during which it was written."""

from __future__ import annotations

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

#: The id of the request that is handled; empty outside of requests.
REQUEST: ContextVar[str] = ContextVar("id of the request", default="")


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON: time, level, logger, message; its call, request and error."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; line ends and control characters in it are escaped."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (call := getattr(record, "call", None)) is not None:  # the access log's facts, as data
            line |= {"message": "call", "call": call}
        if request := REQUEST.get():
            line["request"] = request
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def write_json_records(level: int | str = logging.INFO) -> None:
    """Write every record of this process from a level on to its standard error as a line of JSON."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
