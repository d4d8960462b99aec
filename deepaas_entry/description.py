"""The description of an installed module, printed as JSON for the platform's forms."""

from __future__ import annotations

import json
import sys
from typing import Any

from deepaas_entry.field_description import describe_fields
from deepaas_entry.module_object import NoModule, arguments_of, module_name, module_object
from deepaas_entry.mounting import VERSION


def describe(wanted: str) -> dict[str, Any]:
    """Describe one module as docs/contracts.md, section 5, says.

    Parameters
    ----------
    wanted : str
        The module's name in the catalog.

    Returns
    -------
    dict
        The description; ``model`` is the entry point's name, ``trains`` whether the module has ``train``,
        ``answers`` the types of content that it answers with.

    Raises
    ------
    NoModule
        The image has no such module.
    """
    name = module_name(wanted)
    module = module_object(name)
    predict = describe_fields(arguments_of(module, "get_predict_args"))
    accept = next((one for one in predict if one["name"] == "accept"), {})
    return {
        "name": wanted,
        "title": name,
        "kind": "deepaas",
        "entry": VERSION,
        "model": name,
        "trains": callable(getattr(module, "train", None)),
        "answers": [str(one) for one in accept.get("choices", [])] or ["application/json"],
        "needs_labels": False,
        "number_labels": {},
        "class_labels": {},
        "named_numbers": False,
        "start": None,
        "default_recipe": None,
        "train": describe_fields(arguments_of(module, "get_train_args"), data=True),
        "predict": predict,
        "steps": [],
    }


def print_description(wanted: str) -> int:
    """Print the description of a module; 2 and a message where the image has none."""
    try:
        described = describe(wanted)
    except NoModule as error:
        sys.stderr.write(f"{error}\n")
        return 2
    # What the module printed while it was imported may not end its line.
    sys.stdout.write("\n")
    json.dump({"schema": 1, "modules": {wanted: described}}, sys.stdout)
    sys.stdout.write("\n")
    sys.stdout.flush()
    return 0
