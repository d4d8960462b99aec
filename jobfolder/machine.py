"""The machine that a process runs on."""

from __future__ import annotations

from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot() -> str:
    """Return the identity of this boot of the machine; empty where the system has none.

    A process number or a lock of another boot says nothing about processes that run now.
    """
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""
