"""``python -m deepaas_entry describe NAME | train | serve NAME …``, run inside a module's container."""

from __future__ import annotations

import sys
from collections.abc import Sequence

VERBS = ("describe", "train", "serve")


def main(arguments: Sequence[str]) -> int:
    """Run one verb and return the exit code; what it needs is imported only then."""
    verb = arguments[0] if arguments else ""
    if verb == "describe" and len(arguments) == 2:
        from deepaas_entry.description import print_description  # noqa: PLC0415

        return print_description(arguments[1])
    if verb == "train" and len(arguments) == 1:
        from deepaas_entry.training.job import run  # noqa: PLC0415

        return run()
    if verb == "serve" and len(arguments) > 1:
        from deepaas_entry.serving import serve  # noqa: PLC0415

        return serve(arguments[1], arguments[2:])
    sys.stderr.write("usage: python -m deepaas_entry describe NAME | train | serve NAME [OPTION …]\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
