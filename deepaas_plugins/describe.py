"""``python -m deepaas_plugins.describe NAME…``: print modules' parameters as JSON for forms (contract 5)."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from deepaas_plugins.contract import registry
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Method
from deepaas_plugins.deepaas import fields as wire_fields
from spectra import describe_steps
from spectra.steps.parameters import describe_field, describe_schema

Json = dict[str, Any]


def describe(name: str) -> Json:
    """Describe one installed module, ours or a third party's.

    For ours, `train` holds the method's parameters only (input, labels and recipe are given beside them), and
    `predict` also what every module takes (`data`, `include_spectra`).

    Raises
    ------
    InvalidInput
        No such module is installed.
    """
    module = registry.module_object(name)
    method = getattr(module, "method", None)
    if isinstance(method, Method):
        shared = _fields(wire_fields.prediction_fields())
        return {
            "name": name,
            "title": method.title,
            "kind": "huggins",
            "needs_labels": method.needs_labels,
            "makes_spectra": method.makes_spectra,
            "number_labels": {name: list(values) for name, values in method.number_labels.items()},
            "class_labels": {name: list(values) for name, values in method.class_labels.items()},
            "named_numbers": method.named_numbers,
            "start": {"kept": list(method.kept_by_start)} if method.starts else None,
            "default_recipe": method.default_recipe,
            "train": describe_schema(method.train_schema),
            "predict": shared + describe_schema(method.predict_schema),
            "steps": describe_steps(),
        }
    return {
        "name": name,
        "title": name,
        "kind": "deepaas",
        "needs_labels": False,
        "makes_spectra": False,
        "number_labels": {},
        "class_labels": {},
        "named_numbers": False,
        "start": None,
        "default_recipe": None,
        "train": _fields(_arguments(module, "get_train_args")),
        "predict": _fields(_arguments(module, "get_predict_args")),
        "steps": [],
    }


def _arguments(module: Any, name: str) -> Mapping[str, Any]:
    """Call a third party's function; DEEPaaS allows it to be missing or not implemented."""
    try:
        return dict(getattr(module, name)())
    except (AttributeError, NotImplementedError):
        return {}


def _fields(fields: Mapping[str, Any]) -> list[Json]:
    """Describe fields under the names that requests have for them."""
    return [describe_field(field.data_key or name, field) for name, field in fields.items()]


def main(names: Sequence[str]) -> int:
    """Print the descriptions; 2 and a message if a module is not installed."""
    try:
        modules = {name: describe(name) for name in names}
    except InvalidInput as error:
        sys.stderr.write(f"{error}\n")
        return 2
    json.dump({"schema": 1, "modules": modules}, sys.stdout, default=str)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
