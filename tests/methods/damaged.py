"""Models whose arrays do not belong together."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Method


def assert_damage_is_told(method: Method, folder: Path, arrays: Iterable[tuple[str, str]]) -> None:
    """Shorten and pickle each array, by file and key, and require that the model is rejected each time."""
    for name, key in arrays:
        path = folder / f"{name}.npz"
        kept = path.read_bytes()
        whole = dict(np.load(path))
        np.savez(path, **{**whole, key: whole[key][:-1]})
        with pytest.raises(InvalidInput, match="damaged"):
            method.load(folder)
        np.savez(path, **{**whole, key: np.array([{}])}, allow_pickle=True)
        with pytest.raises(InvalidInput, match="damaged"):
            method.load(folder)
        path.write_bytes(kept)
    method.load(folder)
