"""Checks a ``.keras`` file before anything is made of it: plain layers of Keras only, no code.

The file is a ZIP archive of a configuration, which is read as JSON here, and of weights. Neither Keras nor
TensorFlow is imported.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deepaas_plugins.contract.errors import InvalidInput

#: What the archive holds; all of it, and nothing else.
CONFIGURATION = "config.json"
MEMBERS = frozenset({CONFIGURATION, "metadata.json", "model.weights.h5"})
#: A configuration larger than this (bytes, unpacked) is rejected before it is parsed.
MAXIMUM_SIZE = 2**24
#: Layers of the networks of this module.
LAYERS = frozenset(
    [
        "Functional",
        "InputLayer",
        "Conv1D",
        "Dense",
        "MaxPooling1D",
        "AveragePooling1D",
        "GlobalAveragePooling1D",
        "GlobalMaxPooling1D",
        "Flatten",
        "Concatenate",
        "Add",
        "Multiply",
        "Attention",
        "Rescaling",
        "Reshape",
        "ReLU",
        "Dropout",
        "BatchNormalization",
    ]
)
_OF_LAYERS = frozenset({"keras.layers", "keras.src.models.functional", "keras.models"})
#: What layers are made of, by package; any initialiser.
_INITIALISERS = "keras.initializers"
_PARTS = frozenset({("keras", "DTypePolicy"), (None, "__keras_tensor__")})


def check(path: Path) -> None:
    """Check a file.

    Parameters
    ----------
    path : Path
        In the folder of a model.

    Raises
    ------
    InvalidInput
        It is damaged, or holds a Lambda layer, a custom object or anything else that no network of this
        module has.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if unknown := sorted(set(archive.namelist()) ^ MEMBERS):
                raise InvalidInput(f"{path} is no .keras file of a network: {', '.join(unknown)}.")
            if archive.getinfo(CONFIGURATION).file_size > MAXIMUM_SIZE:
                raise InvalidInput(f"{path} has a configuration larger than that of any network.")
            content = json.loads(archive.read(CONFIGURATION))
    except (OSError, zipfile.BadZipFile, ValueError, RecursionError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{path} is damaged or no .keras file: {error}. It is not loaded.") from error
    reasons = list(dict.fromkeys(_reasons(content)))
    if reasons:
        raise InvalidInput(
            f"{path} holds what no network of this module has: {', '.join(reasons)}. It is not loaded."
        )


def _reasons(content: Any) -> Iterator[str]:
    waiting = [content]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
            if "class_name" in one:
                yield from _of_object(one)


def _of_object(one: dict[str, Any]) -> Iterator[str]:
    name, module = one["class_name"], one.get("module")
    registered = one.get("registered_name")
    if not isinstance(name, str) or not isinstance(module, str | None):
        yield "an object without a name"
    elif registered not in (None, name):
        yield f"the custom object {registered}"
    elif name == "Lambda":
        yield "a Lambda layer"
    elif not (
        (module, name) in _PARTS or module == _INITIALISERS or (name in LAYERS and module in _OF_LAYERS)
    ):
        yield f"the object {module}.{name}"
