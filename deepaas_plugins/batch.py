"""The batch entry, ``python -m deepaas_plugins.batch``: runs the job whose folder is the working directory.

The order matters: claim, ``begin.json``, and only then the imports that take seconds.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from deepaas_plugins.job.parts import job_folder
from jobfolder.names import EXIT_CLAIMED


def main() -> int:
    """Run the job and return the exit code (see the contract "The job folder")."""
    folder = job_folder(Path.cwd(), os.environ)
    if not folder.claim():
        sys.stderr.write("This attempt is already claimed: out/claim.json exists.\n")
        return EXIT_CLAIMED
    folder.begin()
    from deepaas_plugins.job.execution import execute  # noqa: PLC0415 - see above

    return execute(folder)


if __name__ == "__main__":
    sys.exit(main())
