"""Whose code a module runs where there is no image: that of the installed entry point of its name."""

from __future__ import annotations

from importlib.metadata import entry_points

from catalog import Module

GROUP = "deepaas.v2.model"  # the entry points of DEEPaaS' modules
OURS = "deepaas_plugins.methods."


def is_own(module: Module) -> bool:
    """Return whether a module is the platform's own: no other package brings code under its name.

    Parameters
    ----------
    module : Module
        Of the catalog.

    Returns
    -------
    bool
        False for a plain DEEPaaS module, and where an entry point of its name leads out of this project.
    """
    if module.entry != "batch" or "/" in module.name:  # of a publisher's namespace
        return False
    return all(point.value.startswith(OURS) for point in entry_points(group=GROUP, name=module.name))
