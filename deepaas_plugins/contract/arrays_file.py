"""Arrays of a model's folder: an ``.npz`` file without pickle, which is not trusted."""

from __future__ import annotations

import zipfile
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
