"""The isolation of a worker that reads what callers send: no network, no file but the model and the input."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from spectra.isolation.reader import call_isolated, isolate_process
from spectra.reading.deadline import alarm

LOG = logging.getLogger("huggins.serve.worker")

#: Devices of graphics processors, which methods may compute on; absent ones are passed over.
_DEVICES = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/shm")  # noqa: S108 - libraries' shared memory


class IsolatedReader:
    """Isolates this process for good, but for calls that read the files of one request.

    The files of uploads lie in one folder; what is read in memory sees none of them. A call that reads
    spooled files sees those of its request: it runs in a thread that is started beside the isolated one.

    Parameters
    ----------
    spool
        Folder of the uploads.
    """

    def __init__(self, spool: Path) -> None:
        model = os.environ.get("HUGGINS_MODEL")
        self._reads = [Path(model).resolve()] if model else []
        # TensorFlow ends the process where it cannot read by which command it was started.
        self._reads.append(Path(f"/proc/{os.getpid()}/cmdline"))
        temporary = spool / f"worker-{os.getpid()}"
        temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.tempdir = str(temporary)
        self._writes = [temporary, *map(Path, _DEVICES)]
        alarm()
        # A thread that exists before keeps its rights; the kernel would not give them back.
        self._beside = ThreadPoolExecutor(1)
        self._beside.submit(int).result()
        isolation = isolate_process(self._reads, self._writes)
        (LOG.info if isolation.network and isolation.files else LOG.warning)("Isolation: %s", isolation)

    def call(self, function: Callable[[], None], folder: Path) -> None:
        """Call a function that sees the folder of a request too; raises what it raises."""

        def seeing() -> None:
            folder.mkdir(mode=0o700, exist_ok=True)
            call_isolated(function, reads=self._reads, writes=[*self._writes, folder])

        self._beside.submit(seeing).result()
