"""One training in a process of its own: ``python -m deepaas_plugins.serve.training.process FOLDER MODULE``.

Standard output and error are led into ``log.txt`` by who starts it; what comes of it is written to
``result.json``.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from pathlib import Path
from typing import Any

from deepaas_plugins.contract.registry import is_own
from deepaas_plugins.deepaas.adapter import Plugin
from deepaas_plugins.serve.formats.arguments import UploadedFile
from deepaas_plugins.serve.training.service import end
from deepaas_plugins.serve.worker.frames import Cursor
from deepaas_plugins.serve.worker.plain_module import PlainModule, reasons_of, text_of, with_files
from deepaas_plugins.serve.worker.process import load, raw_request
from spectra.isolation.reader import close_internet

LOG = logging.getLogger("huggins.serve.training")
Json = dict[str, Any]


def arguments_of(module: PlainModule, folder: Path) -> Json:
    """Return what the module's ``train`` is called with."""
    request = json.loads((folder / "record.json").read_text())["request"]
    body = folder / "in" / "body.json"
    content = body.read_bytes() if body.is_file() else b""
    arguments = with_files(module.train_arguments(raw_request(request, Cursor(content))), folder / "in")
    if isinstance(module.target, Plugin) and arguments.get("output") is None:
        # Kept with the record, where it survives a restart; upstream's own would be a temporary folder.
        arguments["output"] = str(folder / "out")
    return arguments


def main(folder: Path, name: str) -> int:
    """Train; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        module = load(name)
        if is_own(name):  # what a module of others needs is not known
            LOG.info("The network is %s", "closed" if close_internet() else "NOT closed")
        output = module.target.train(**arguments_of(module, folder))
        end(folder, "done", output=json.loads(json.dumps(output, default=_text)))
    except Exception as error:  # noqa: BLE001 - the record must say whatever it was
        traceback.print_exc()
        end(folder, "error", message=_message(error))
        return 1
    return 0


def _message(error: Exception) -> str:
    behind = reasons_of(error)[1:]
    return "; while handling ".join([text_of(error) or type(error).__name__, *behind])


def _text(value: Any) -> Any:
    return list(value) if isinstance(value, UploadedFile) else str(value)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
