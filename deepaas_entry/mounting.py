"""How a launch mounts this folder and names what it runs."""

from __future__ import annotations

from pathlib import Path

#: Raised when descriptions or models change their form: what an older one said is asked again.
VERSION = 1

#: Where a container finds the folder's parent, and the folder itself.
PARENT = "/huggins"
TARGET = f"{PARENT}/deepaas_entry"

SOURCE = Path(__file__).resolve().parent

# The interpreter is the one that runs the image's own `deepaas-run`: an image may have several.
_FIND_PYTHON = """\
python=
for name in deepaas-run deepaas-cli; do
  found=$(command -v "$name") || continue
  read -r line < "$found" || continue
  case $line in
    '#!'*python*) python=${line#'#!'}; break ;;
  esac
done
[ -n "$python" ] || python=$(command -v python3 || command -v python) || {
  echo 'This image has no Python.' >&2; exit 127; }
export PYTHONPATH="$HUGGINS_ENTRY${PYTHONPATH:+:$PYTHONPATH}" PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
exec $python -m deepaas_entry "$@"
"""


def command(verb: str, *arguments: str) -> tuple[str, ...]:
    """Return the command of a launch.

    Parameters
    ----------
    verb : str
        ``describe``, ``train`` or ``serve``.
    *arguments : str
        Its arguments: the module's name, options of the server.

    Returns
    -------
    tuple of str
        Program and arguments.
    """
    return ("sh", "-c", _FIND_PYTHON.replace("$HUGGINS_ENTRY", PARENT), "deepaas_entry", verb, *arguments)
