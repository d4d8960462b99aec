"""Let the kernel deny sockets to a process (seccomp, Linux 3.17 or newer), whatever code asks for them.

Denied are new sockets of any kind, io_uring (which can make sockets), and calls that look into other
processes. A pair of connected sockets (``socketpair``) is no way out and stays possible. Processes that
share their work over sockets of this machine's files (AF_UNIX) can keep those.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct
from dataclasses import dataclass

PR_SET_NO_NEW_PRIVS = 38
_SET_MODE_FILTER = 1
_FLAG_TSYNC = 1  # all threads of the process
_ALLOW = 0x7FFF0000
_DENY = 0x00050000 | errno.EACCES
_LOAD, _EQUAL, _AT_LEAST, _RETURN = (
    0x20,
    0x15,
    0x35,
    0x06,
)  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_RET|K
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENT_AT = 0, 4, 16  # offsets in struct seccomp_data; of a low half
_X32 = 0x40000000  # the second set of numbers of x86-64


@dataclass(frozen=True)
class _Calls:
    """Numbers of system calls of one architecture (`unistd.h`)."""

    audit: int
    seccomp: int
    socket: int
    denied: tuple[int, ...]


# In the order: ptrace, process_vm_readv, process_vm_writev, kcmp, io_uring_setup, pidfd_getfd.
_BY_MACHINE = {
    "x86_64": _Calls(0xC000003E, 317, 41, (101, 310, 311, 312, 425, 438)),
    "aarch64": _Calls(0xC00000B7, 277, 198, (117, 270, 271, 272, 425, 438)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def deny_sockets(*, local: bool = False) -> bool:
    """Deny new sockets to all threads of this process; return whether the kernel does so.

    Parameters
    ----------
    local
        Whether sockets of this machine's files (AF_UNIX) stay possible.
    """
    calls = _BY_MACHINE.get(platform.machine())
    if calls is None:
        return False
    code = _filter(calls, local=local)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    program = _Program(len(code) // 8, code)
    return bool(
        libc.syscall(
            ctypes.c_long(calls.seccomp), _SET_MODE_FILTER, ctypes.c_ulong(_FLAG_TSYNC), ctypes.byref(program)
        )
        == 0
    )


def _filter(calls: _Calls, *, local: bool) -> bytes:
    """Return a BPF program: other architectures and the denied numbers end in an error, all else goes on."""
    count = len(calls.denied)
    family = int(socket.AF_UNIX) if local else 0xFFFFFFFF  # no family
    # Jumps count the lines between; the last two lines are the ways to end.
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 0, count + 6, calls.audit),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, count + 4, 0, _X32),
        *((_EQUAL, count + 3 - index, 0, number) for index, number in enumerate(calls.denied)),
        (_EQUAL, 0, 2, calls.socket),
        (_LOAD, 0, 0, _ARGUMENT_AT),
        (_EQUAL, 0, 1, family),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENY),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
