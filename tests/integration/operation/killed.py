"""Runs ``huggins`` and kills itself at a point: ``python -m … POINT NUMBER COMMAND…``.

POINT is ``module:attribute``, a function; the process is killed, as by a power cut, when it is called the
NUMBERth time.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from functools import reduce
from typing import Any

from dashboard.cli import main


def kill_at(point: str, number: int) -> None:
    """Replace a function by one that kills this process at a call."""
    module, _, path = point.partition(":")
    *owners, name = path.split(".")
    owner: Any = reduce(getattr, owners, importlib.import_module(module))
    real, calls = getattr(owner, name), iter(range(1, number))

    def killing(*arguments: Any, **named: Any) -> Any:
        if next(calls, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)

    setattr(owner, name, killing)


if __name__ == "__main__":
    kill_at(sys.argv[1], int(sys.argv[2]))
    main(sys.argv[3:])
