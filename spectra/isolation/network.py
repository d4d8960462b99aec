"""Close the network of this process inside of Python: whatever library opens an address gets an error."""

from __future__ import annotations

import os
import sys
from typing import Any

_CLOSED = (
    "socket.connect",
    "socket.bind",
    "socket.sendto",
    "socket.sendmsg",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "socket.gethostbyaddr",
    "socket.getnameinfo",
    "urllib.Request",
    "ftplib.connect",
    "http.client.connect",
    "imaplib.open",
    "poplib.connect",
    "smtplib.connect",
    "telnetlib.Telnet.open",
    "subprocess.Popen",
    "os.exec",
    "os.posix_spawn",
    "os.system",
)
"""Events of PEP 578 (and of the modules' documentation) that precede a connection or another program."""

_state = {"closed": False}


def close_in_process() -> None:
    """Reject addresses, sockets to others and programs in this process from now on.

    Addresses are those of urllib, ``file:`` included. An audit hook cannot be removed, and also sees what is
    imported under another name. Sockets that are connected already go on.

    Raises
    ------
    PermissionError
        Later, in the call that asks for one of them.
    """
    if _state["closed"]:
        return
    _state["closed"] = True
    # astropy asks this before it downloads anything; it is read when astropy is first imported.
    os.environ["ASTROPY_ALLOW_INTERNET"] = "False"
    loaded = sys.modules.get("astropy.utils.data")
    if loaded is not None:
        loaded.conf.allow_internet = False
    closed = frozenset(_CLOSED)

    def deny(event: str, _arguments: tuple[Any, ...]) -> None:
        if event in closed:
            raise PermissionError(f"{event}: a process that reads files has no network and starts no program")

    sys.addaudithook(deny)
