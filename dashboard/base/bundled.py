"""Folders of files that come with the platform: beside the packages in a checkout, inside one in a wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
#: The checkout, or the folder of installed packages.
ROOT = _PACKAGE.parent


def bundled(folder: str) -> Path:
    """Return a folder that comes with the platform.

    Parameters
    ----------
    folder : str
        As in the checkout: ``templates/html``, ``templates/module``, ``modules`` or ``docs``.
    """
    packed = _PACKAGE / "bundled" / folder  # put there by setup.py
    return packed if packed.is_dir() else ROOT / folder
