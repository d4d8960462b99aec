"""Third-party requirements of chosen extras, as ``pyproject.toml`` gives them.

The base image installs them in a layer of its own, which stays in the cache while only our sources change.
"""

import argparse
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path

_OWN_EXTRAS = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)\[(?P<extras>[^\]]+)\]$")


class UnknownExtra(ValueError):
    """An extra that ``pyproject.toml`` does not define."""


def requirements(pyproject: Path, extras: Sequence[str]) -> list[str]:
    """List the requirements of the core and of `extras`, sorted, each once.

    An extra may name others of the same distribution (``huggins[spectra]``); these are resolved, because the
    distribution itself is not installed yet where the list is used.

    Parameters
    ----------
    pyproject : Path
        The project's ``pyproject.toml``.
    extras : sequence of str
        Names under ``[project.optional-dependencies]``.

    Raises
    ------
    UnknownExtra
        If one of `extras` is not defined.
    """
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    optional: dict[str, list[str]] = project.get("optional-dependencies", {})
    found: set[str] = set(project.get("dependencies", []))
    waiting, seen = list(extras), set[str]()
    while waiting:
        extra = waiting.pop()
        if extra in seen:
            continue
        seen.add(extra)
        if extra not in optional:
            raise UnknownExtra(f"no extra {extra!r} in {pyproject}; there are: {', '.join(sorted(optional))}")
        for requirement in optional[extra]:
            own = _OWN_EXTRAS.match(requirement)
            if own and own["name"] == project["name"]:
                waiting += [name.strip() for name in own["extras"].split(",")]
            else:
                found.add(requirement)
    return sorted(found, key=str.lower)


def main() -> None:
    """Print the requirements of the extras given on the command line, one a line."""
    parser = argparse.ArgumentParser(prog="python -m ci.requirements", description=__doc__.splitlines()[0])
    parser.add_argument("extras", nargs="*", metavar="EXTRA")
    parser.add_argument("--pyproject", type=Path, default=Path("pyproject.toml"))
    arguments = parser.parse_args()
    print("\n".join(requirements(arguments.pyproject, arguments.extras)))


if __name__ == "__main__":
    main()
