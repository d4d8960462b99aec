"""``python -m deepaas_plugins.serve [--host H] [--port P]``: answer the DEEPaaS V2 API.

``DEEPAAS_V2_MODEL`` says which module, ``HUGGINS_MODEL`` names the folder of the model it predicts with.
``--upstream`` runs upstream's own server (``deepaas-run``) with the same address instead, to compare.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from deepaas_plugins.serve.options import Options, parse
from deepaas_plugins.serve.upstream_options import open_log
from deepaas_plugins.serve.worker.spawning import new_spool, spawn


def upstream_command(options: Options) -> list[str]:
    """Return the command of upstream's server with the same address and module."""
    program = str(Path(sys.executable).with_name("deepaas-run"))
    command = [program, "--listen-ip", options.host, "--listen-port", str(options.port)]
    return [*command, "--model-name", options.model] if options.model else command


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM; return the exit code."""
    upstream = "--upstream" in arguments
    options = parse([argument for argument in arguments if argument != "--upstream"], os.environ)
    os.environ.pop("HUGGINS_SECRET", None)  # modules need not know it
    try:
        open_log(options.log_file, options.log_dir)
    except OSError as error:
        sys.exit(f"The log file cannot be written: {error}")
    if upstream:
        command = upstream_command(options)
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    # The workers start before this process imports what it needs for HTTP: both take their time side by side.
    options = replace(options, spool=new_spool())
    names = [options.model] if options.model else _installed()
    started = {name: [spawn(name, options) for _ in range(options.workers)] for name in names}
    from deepaas_plugins.serve.http.server import serve  # noqa: PLC0415 - see above

    return serve(options, started)


def _installed() -> list[str]:
    from importlib.metadata import entry_points  # noqa: PLC0415 - takes a while, and is rarely needed

    names = sorted(entry_points(group="deepaas.v2.model").names)
    if not names:
        sys.exit("No module is installed: there is no entry point deepaas.v2.model.")
    return names


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
