"""The commands of the shared tests, and what the fake node makes of them."""

from __future__ import annotations

from launchers import LaunchSpec
from launchers.fake import Script

PRINT = ("python3", "-c", "print('one'); print('Hα two'); print('three')")
FAIL = ("python3", "-c", "import sys; print('no such column', file=sys.stderr); sys.exit(3)")
ABSENT = ("no-such-command-anywhere",)
KILL_ITSELF = ("python3", "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
RUN = (
    "python3",
    "-c",
    "import signal, sys, time\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))\n"
    "print('ready', flush=True)\n"
    "while True: time.sleep(0.05)",
)
RUN_DEAF = (
    "python3",
    "-c",
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('ready', flush=True)\n"
    "while True: time.sleep(0.05)",
)

_SCRIPTS = {
    PRINT: Script(exit_code=0, output="one\nHα two\nthree\n".encode()),
    FAIL: Script(exit_code=3, output=b"no such column\n"),
    ABSENT: Script(exit_code=127),
    KILL_ITSELF: Script(exit_code=137),
    RUN: Script(output=b"ready\n", on_stop=130),
    RUN_DEAF: Script(output=b"ready\n", on_stop=None),
}


def script_of(spec: LaunchSpec) -> Script:
    """What the fake node does with a specification of these tests."""
    return _SCRIPTS[spec.command]
