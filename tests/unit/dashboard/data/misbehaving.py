"""What hostile bytes make of a process."""

from __future__ import annotations

import os
import threading


def die() -> None:
    os._exit(9)


def hang() -> None:
    threading.Event().wait()


def hoard() -> int:
    return len(bytearray(64 * 2**30))


def time_out() -> None:
    raise TimeoutError("the mount does not respond")


def answer() -> int:
    return 42
