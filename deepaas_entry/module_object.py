"""Which of the modules installed in an image is meant, and its DEEPaaS V2 object."""

from __future__ import annotations

import os
import re
from typing import Any

GROUP = "deepaas.v2.model"


class NoModule(LookupError):
    """The image has no module, or none of that name; `str()` lists those that it has."""


def module_name(wanted: str) -> str:
    """Return the name of the entry point that a module of the catalog means.

    AI4EOSC names repositories ``ai4os-demo-app`` and entry points ``ai4os_demo_app`` or shorter.

    Parameters
    ----------
    wanted : str
        The module's name in the catalog.

    Returns
    -------
    str
        An entry point of that name, however it is written; else the one that the image itself names in
        ``DEEPAAS_V2_MODEL``; else the only one.

    Raises
    ------
    NoModule
        None of these is there.
    """
    names = sorted(_entry_points())
    same = [name for name in names if _plain(name) == _plain(wanted)]
    if same:
        return same[0]
    own = os.environ.get("DEEPAAS_V2_MODEL", "")
    if own in names:
        return own
    if len(names) == 1:
        return names[0]
    there = ", ".join(names)
    raise NoModule(
        f"The image has several modules, none of them is {wanted}: {there}."
        if names
        else f"No module is installed in the image: it has no entry point {GROUP}."
    )


def module_object(name: str) -> Any:
    """Import the object of an entry point.

    Parameters
    ----------
    name : str
        As `module_name` returned it.

    Returns
    -------
    object
        What has ``get_predict_args``, ``predict``, ``train`` …
    """
    return _entry_points()[name].load()


def entry_point_value(name: str) -> str:
    """Return what an entry point leads to: ``package.module`` or ``package.module:object``."""
    point = _entry_points()[name]
    value = getattr(point, "value", None)
    return str(value or ":".join(filter(None, (point.module_name, ".".join(point.attrs)))))


def arguments_of(module: Any, name: str) -> dict[str, Any]:
    """Call ``get_train_args`` or ``get_predict_args``, which may be missing or not implemented."""
    try:
        return dict(getattr(module, name)())
    except (AttributeError, NotImplementedError):
        return {}


def _entry_points() -> dict[str, Any]:
    try:
        from importlib import metadata  # noqa: PLC0415 - not in Python 3.7
    except ImportError:
        import pkg_resources  # noqa: PLC0415 - there it is the only way

        return {point.name: point for point in pkg_resources.iter_entry_points(GROUP)}
    found: Any = metadata.entry_points()
    several = found.select(group=GROUP) if hasattr(found, "select") else found.get(GROUP, ())
    return {point.name: point for point in several}


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
