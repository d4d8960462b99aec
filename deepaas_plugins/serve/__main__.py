"""``python -m deepaas_plugins.serve [--host H] [--port P]``: answer the DEEPaaS V2 API (upstream's server).

``DEEPAAS_V2_MODEL`` says which module, ``HUGGINS_MODEL`` names the folder of the model it predicts with.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

#: Every address: in a container that is the way in. Where the network is the host's, HUGGINS_HOST says.
EVERYWHERE = "0.0.0.0"  # noqa: S104 - see above


def command(arguments: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Return the command that replaces this process; defaults are ``HUGGINS_HOST``, ``HUGGINS_PORT``."""
    parser = argparse.ArgumentParser(prog="python -m deepaas_plugins.serve")
    parser.add_argument("--host", default=environment.get("HUGGINS_HOST", EVERYWHERE))
    parser.add_argument("--port", type=int, default=int(environment.get("HUGGINS_PORT", "5000")))
    options = parser.parse_args(arguments)
    program = Path(sys.executable).with_name("deepaas-run")
    return [str(program), "--listen-ip", options.host, "--listen-port", str(options.port)]


if __name__ == "__main__":
    replacement = command(sys.argv[1:], os.environ)
    os.execv(replacement[0], replacement)  # noqa: S606 - no shell is wanted
