"""Find methods by name among the installed entry points ``deepaas.v2.model``."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Method

GROUP = "deepaas.v2.model"
OWN = "deepaas_plugins.methods."  # where the platform's own modules lie


def entry(name: str) -> EntryPoint:
    """Return the entry point of a module.

    Raises
    ------
    InvalidInput
        No such module is installed; the message lists those that are.
    """
    found = entry_points(group=GROUP)
    if name not in found.names:
        raise InvalidInput(
            f"No module {name!r} is installed here; there are: {', '.join(sorted(found.names)) or 'none'}."
        )
    return found[name]


def is_own(name: str) -> bool:
    """Return whether a module is the platform's own: no other package brings code under its name."""
    points = entry_points(group=GROUP, name=name)
    return bool(points) and all(point.value.startswith(OWN) for point in points)


def module_object(name: str) -> Any:
    """Import a module's DEEPaaS V2 object, ours or a third party's.

    Raises
    ------
    InvalidInput
        It is not installed, or cannot be imported (an extra is missing).
    """
    point = entry(name)
    try:
        return point.load()
    except ImportError as error:
        raise InvalidInput(f"Module {name!r} cannot be imported: {error}.") from error


def method(name: str) -> Method:
    """Return one of our methods by name.

    Raises
    ------
    InvalidInput
        It is not installed, or is not one of ours.
    """
    found = getattr(module_object(name), "method", None)
    if not isinstance(found, Method):
        raise InvalidInput(f"Module {name!r} is a plain DEEPaaS module: it cannot run as a batch job.")
    return found
