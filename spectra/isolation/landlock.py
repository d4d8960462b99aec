"""Let the kernel deny files to a thread (Landlock, Linux 5.13 or newer): no privilege is needed.

The restriction holds for the thread that asks for it and for all threads and processes that it starts, and
cannot be taken back. Constants and structures are those of ``linux/landlock.h``.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from spectra.isolation.system_calls import PR_SET_NO_NEW_PRIVS

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same numbers on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_REMOVE = 1 << 4 | 1 << 5
_MAKE = 1 << 7 | 1 << 8 | 1 << 12 | 1 << 13  # folders, files, links, and renaming between folders
_RIGHTS_OF_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE | 1
_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_ALL_TCP = 3
_ALL_SCOPES = 3  # abstract Unix sockets and signals


def version() -> int:
    """Return the version of the kernel's interface; 0 where there is none."""
    found = _syscall(_CREATE, None, 0, _VERSION_FLAG)
    return max(found, 0)


class Ruleset:
    """What a thread will be able to open; a context manager that closes the kernel's object.

    Parameters
    ----------
    read
        Files and folders that can be read. What does not exist is passed over.
    write
        Folders in which files can also be made, changed and removed, and files that can be written.

    Raises
    ------
    OSError
        When the kernel has no Landlock (`version` is 0), or denies.
    """

    def __init__(self, read: Iterable[Path], write: Iterable[Path]) -> None:
        known = version()
        self._handled = max(rights for since, rights in _BY_VERSION.items() if since <= max(known, 1))
        attributes = struct.pack("=QQQ", self._handled, _ALL_TCP, _ALL_SCOPES)
        size = 24 if known >= 6 else 16 if known >= 4 else 8
        self._descriptor = _checked(_syscall(_CREATE, attributes, size, 0))
        try:
            for path in read:
                self._allow(path, _READ_FILE | _READ_DIR)
            for path in write:
                self._allow(path, _READ_FILE | _READ_DIR | _WRITE_FILE | _TRUNCATE | _REMOVE | _MAKE)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Ruleset:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the kernel's object; threads that it restricts stay so."""
        os.close(self._descriptor)

    def restrict_thread(self) -> None:
        """Restrict the calling thread for good.

        Raises
        ------
        OSError
            When the kernel denies.
        """
        _checked(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        _checked(_syscall(_RESTRICT, self._descriptor, 0))

    def _allow(self, path: Path, rights: int) -> None:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            return  # what is not there, or cannot be reached, need not be allowed
        try:
            rights &= self._handled if path.is_dir() else self._handled & _RIGHTS_OF_FILES
            rule = struct.pack("=Qi", rights, descriptor)
            _checked(_syscall(_ADD, self._descriptor, _PATH_BENEATH, rule, 0))
        finally:
            os.close(descriptor)


def _syscall(number: int, *arguments: int | bytes | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    given = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return int(libc.syscall(ctypes.c_long(number), *given))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return result
