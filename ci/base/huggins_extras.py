#!/opt/venv/bin/python
"""huggins-extras: install the requirements of extras into a module's image.

    RUN --mount=type=secret,id=ca,mode=0444 huggins-extras som

The names are extras of the installed distribution, whose metadata says what they require, so that a
module's Dockerfile repeats no version. ``--file`` installs a requirements file (the base image's first step).
It uses nothing but the standard library and pip, because it also runs before anything else is installed.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import metadata
from pathlib import Path

DISTRIBUTION = "huggins"

#: Where a build lends a certificate bundle (see ``ci/builder.py``).
CA_SECRET = Path("/run/secrets/ca")

#: Packages carry 60 MB of tests, which nothing imports at run time but astropy this folder of its own.
KEPT_TESTS = frozenset({"astropy/tests"})

#: Parts of packages that a module's container never loads: Arrow's network file systems and RPC (50 MB),
#: ONNX's test data, and a second copy of the runtime for programs in C (35 MB).
UNUSED = (
    "pyarrow/include",
    *(
        f"pyarrow/{name}*"
        for name in ("libarrow_flight", "libarrow_python_flight", "_flight", "libarrow_s3", "_s3fs")
    ),
    "onnx/backend/test",
    "onnxruntime/capi/libonnxruntime.so*",
)

_EXTRA_MARKER = re.compile(r"""(?:\s+and\s+|;\s*)\(?extra\s*==\s*["'](?P<extra>[^"']+)["']\)?""")


def of_extra(requires: list[str], extra: str) -> list[str]:
    """Return the requirements of one extra from ``Requires-Dist`` lines; other markers stay."""
    picked = []
    for line in requires:
        marker = _EXTRA_MARKER.search(line)
        if marker and marker["extra"] == extra:
            picked.append((line[: marker.start()] + line[marker.end() :]).strip())
    return picked


def extras_requirements(names: list[str]) -> list[str]:
    """Return the requirements of extras of the installed distribution; exits if one is unknown."""
    installed = metadata(DISTRIBUTION)
    known = installed.get_all("Provides-Extra") or []
    if unknown := sorted(set(names) - set(known)):
        sys.exit(f"huggins-extras: no extra {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
    requires = [str(line) for line in installed.get_all("Requires-Dist") or []]
    return [requirement for name in names for requirement in of_extra(requires, name)]


def pip_install(arguments: list[str]) -> None:
    """Run ``pip install``, with the certificates of the build if there are any; pip compiles the bytecode."""
    environment = dict(os.environ)
    if CA_SECRET.exists():
        environment["PIP_CERT"] = str(CA_SECRET)
    command = [sys.executable, "-m", "pip", "install", "--no-cache-dir", "--progress-bar", "off", *arguments]
    finished = subprocess.run(command, env=environment, check=False)
    if finished.returncode != 0:
        sys.exit(finished.returncode)


def drop_unused(site: Path) -> None:
    """Delete `UNUSED`, and folders named ``tests`` that hold tests (a package may use the name otherwise)."""
    for folder in sorted(site.rglob("tests"), reverse=True):
        if str(folder.relative_to(site)) not in KEPT_TESTS and any(folder.rglob("test_*.py")):
            shutil.rmtree(folder)
    for pattern in UNUSED:
        for path in site.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def main() -> None:
    """Install the extras of the command line."""
    parser = argparse.ArgumentParser(prog="huggins-extras", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("extras", nargs="*", metavar="EXTRA")
    parser.add_argument("--file", type=Path, help="install this requirements file")
    arguments = parser.parse_args()
    wanted = extras_requirements(arguments.extras) if arguments.extras else []
    if arguments.file:
        wanted += ["--requirement", str(arguments.file)]
    if not wanted:
        parser.error("nothing to install: name an extra or a file")
    pip_install(wanted)
    drop_unused(Path(sysconfig.get_path("purelib")))


if __name__ == "__main__":
    main()
