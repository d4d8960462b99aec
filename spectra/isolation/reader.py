"""Isolate a process that reads files of others, or one call in it.

`close_network` holds for the whole process. `call_isolated` runs a function in a thread that sees the code,
its input and its output, and nothing else of the disk: Landlock restricts single threads, so a process can
be used for one input after the other. `isolate_process` restricts the calling thread and all that it starts.
"""

from __future__ import annotations

import contextvars
import logging
import os
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar, TypeVarTuple

from spectra.isolation import landlock
from spectra.isolation.network import close_in_process
from spectra.isolation.system_calls import deny_sockets

log = logging.getLogger(__name__)

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")

_SYSTEM = (
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/dev/urandom", "/dev/random",
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system", "/sys/fs/cgroup",
)  # fmt: skip
"""Files of the system that libraries read; none of them is anybody's."""
_DEVICES = ("/dev/null",)


@dataclass(frozen=True)
class Isolation:
    """What holds for a process.

    Attributes
    ----------
    network
        Whether the kernel denies sockets; inside of Python they are closed in any case.
    files
        Whether the kernel can deny files.
    """

    network: bool
    files: bool

    def __str__(self) -> str:
        network = "by the kernel" if self.network else "inside of Python only"
        return f"network closed {network}; other files {'closed' if self.files else 'NOT closed'}"


def close_network() -> Isolation:
    """Close the network of this process for good."""
    close_in_process()
    return Isolation(deny_sockets(), landlock.version() > 0)


def close_internet() -> bool:
    """Close all sockets but those of this machine's files to this process and what it starts, for good.

    A training shares its work between processes over such sockets, and starts programs.

    Returns
    -------
    bool
        Whether the kernel denies them; else they stay possible.
    """
    return deny_sockets(local=True)


def isolate_process(reads: Iterable[Path], writes: Iterable[Path]) -> Isolation:
    """Close the network of this process, and all files to this thread and what it starts, for good.

    Parameters
    ----------
    reads, writes
        Files and folders that can be read, and folders in which files can also be made, beside the code.
    """
    isolation = close_network()
    if not isolation.files:
        return isolation
    try:
        with _ruleset(reads, writes) as rules:
            rules.restrict_thread()
    except OSError as error:
        log.warning("files stay visible to this process: %s", error)
        return Isolation(isolation.network, files=False)
    return isolation


def call_isolated(
    function: Callable[[*Arguments], Result],
    *arguments: *Arguments,
    reads: Sequence[Path] = (),
    writes: Sequence[Path] = (),
) -> Result:
    """Call a function that sees nothing but the code and what is named; return what it returns.

    Parameters
    ----------
    function, arguments
        What is called, in a thread of its own.
    reads, writes
        As for `isolate_process`.

    Raises
    ------
    Exception
        What the function raises.
    """
    if not landlock.version():
        return function(*arguments)
    with _ruleset(reads, writes) as rules:
        call = _Call(lambda: function(*arguments), rules)
        thread = threading.Thread(target=contextvars.copy_context().run, args=(call.run,), daemon=True)
        thread.start()
        thread.join()
    if call.error is not None:
        raise call.error
    return call.results[0]


class _Call(Generic[Result]):
    """A call, and how it ended."""

    def __init__(self, function: Callable[[], Result], rules: landlock.Ruleset) -> None:
        self._function, self._rules = function, rules
        self.results: list[Result] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._rules.restrict_thread()
            self.results.append(self._function())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self.error = error


def _ruleset(reads: Iterable[Path], writes: Iterable[Path]) -> landlock.Ruleset:
    return landlock.Ruleset([*code_paths(), *reads], [*map(Path, _DEVICES), *writes])


@cache
def _has_packages(folder: str) -> bool:
    """Whether packages were installed into a folder of `sys.path`, whatever it is called."""
    return folder.endswith("-packages") or bool(folder and next(Path(folder).glob("*.dist-info"), None))


def code_paths() -> list[Path]:
    """Return where this process loads code from: the interpreter, packages, the system's libraries.

    Of a folder that holds more than packages (a checkout, a working folder) only the packages in use count.
    """
    paths = {*_SYSTEM, *sysconfig.get_paths().values(), sys.prefix, sys.base_prefix}
    paths.update(path for path in sys.path if path.endswith((".zip", "lib-dynload")) or _has_packages(path))
    for variable in ("LD_LIBRARY_PATH", "PYTHONPATH"):  # named as folders of code; the working folder is none
        named = filter(None, os.environ.get(variable, "").split(os.pathsep))
        paths.update(path for path in named if not Path.cwd().is_relative_to(Path(path).resolve()))
    # Packages that lie beside this one belong to it: in a checkout, they are imported from there.
    paths.update(str(found.parent) for found in Path(__file__).parents[2].glob("*/__init__.py"))
    for name, module in list(sys.modules.items()):
        if "." not in name and name != "__main__":
            paths.update(
                getattr(module, "__path__", None) or filter(None, [getattr(module, "__file__", None)])
            )
    return [Path(path) for path in sorted(paths) if path != "/"]
