"""Which names a module may have."""

from __future__ import annotations

import difflib
import keyword
import re
import sys

from catalog.schema import NAME

#: Words of commands and addresses, and packages of images: a module of that name would hide them.
RESERVED = frozenset(
    {
        *(
            "new",
            "check",
            "publish",
            "list",
            "show",
            "versions",
            "deprecate",
            "yank",
            "release",
            "files",
            "train",
            "module",
            "modules",
            "huggins",
        ),
        *("admin", "api", "base", "latest", "main", "method", "model", "plugin", "serve", "test", "tests"),
        *(
            "spectra",
            "jobfolder",
            "wire",
            "deepaas_entry",
            "deepaas_plugins",
            "deepaas",
            "catalog",
            "launchers",
            "dashboard",
            "deploy",
        ),
        *(
            "numpy",
            "scipy",
            "sklearn",
            "astropy",
            "aiohttp",
            "marshmallow",
            "webargs",
            "keras",
            "torch",
            "onnx",
        ),
        *(
            "tensorflow",
            "onnxruntime",
            "skops",
            "yaml",
            "docker",
            "setuptools",
            "pip",
            "package",
            "examples",
            "ci",
        ),
    }
)


def package_of(name: str) -> str:
    """Return the name of the Python package of a module."""
    return name.replace("-", "_")


def problem_of(name: str, taken: frozenset[str] = frozenset()) -> str:
    """Return what is wrong with a name for a new module; empty if nothing.

    Parameters
    ----------
    name : str
        The name.
    taken : frozenset of str
        Names of modules that are there.

    Returns
    -------
    str
        One sentence that says what to do.
    """
    if not NAME.fullmatch(name):
        near = re.sub(r"[^a-z0-9_-]+", "-", name.casefold()).strip("-_").lstrip("0123456789-_")[:63]
        hint = f"; {near} would do" if near and NAME.fullmatch(near) else ""
        return (
            f"{name!r} cannot be the name of a module: a name is 1 to 63 of a-z, 0-9, '-' and '_', and "
            f"starts with a letter{hint}."
        )
    package = package_of(name)
    python = package in sys.stdlib_module_names or keyword.iskeyword(package)
    if name in RESERVED or package in RESERVED or python:
        return f"{name} is reserved for Python or the platform. Choose another name, such as my-{name}."
    if name in taken:
        others = [other for other in difflib.get_close_matches(name, taken, 3) if other != name]
        more = f" (so are {', '.join(others)})" if others else ""
        return f"{name} is a module of the platform already{more}: choose another name."
    return ""
