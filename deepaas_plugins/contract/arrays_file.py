"""Arrays of a model's folder: an ``.npz`` file without pickle, which is not trusted."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read all arrays of a file, by name.

    Parameters
    ----------
    path : Path
        In the folder of a model.

    Returns
    -------
    dict
        Whatever the file holds; what is needed is checked by the caller.

    Raises
    ------
    InvalidInput
        There is no such file, or it is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except FileNotFoundError as error:
        raise InvalidInput(f"{path} is missing: the model is not complete.") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InvalidInput(f"{path} is damaged: {error}.") from error


def checked_array(
    arrays: Mapping[str, npt.NDArray[Any]], name: str, shape: tuple[int | None, ...]
) -> npt.NDArray[Any]:
    """Return an array of numbers, all finite.

    Parameters
    ----------
    arrays : mapping
        Of a model's file.
    name : str
        Which.
    shape : tuple
        That it must have; None: any length.

    Returns
    -------
    ndarray
        As it was saved.

    Raises
    ------
    ValueError
        It is missing, has another shape, or holds anything but finite numbers.
    """
    array = arrays.get(name)
    if (
        array is None
        or array.dtype.kind not in "fiu"
        or array.ndim != len(shape)
        or any(length not in (None, own) for length, own in zip(shape, array.shape, strict=True))
    ):
        raise ValueError(f"{name} is not an array of shape {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has numbers that are not finite")
    return array
