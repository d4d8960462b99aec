"""Descriptions of parameters for forms."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from marshmallow import fields, validate

from deepaas_plugins.contract import registry
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.describe import describe, main


def by_name(parameters):
    return {parameter["name"]: parameter for parameter in parameters}


def test_a_method_of_ours_is_described_with_ranges_units_and_steps() -> None:
    described = describe("rdf")
    trees = by_name(described["train"])["trees"]
    assert (trees["type"], trees["minimum"], trees["maximum"], trees["default"]) == (
        "integer",
        1,
        10_000,
        300,
    )
    assert described["kind"] == "huggins"
    assert described["needs_labels"] is True
    assert described["number_labels"] == {"task": ["regression"]}
    assert set(described["number_labels"]["task"]) <= set(by_name(described["train"])["task"]["choices"])
    assert {"input", "labels", "output", "recipe"}.isdisjoint(by_name(described["train"]))
    assert by_name(described["predict"])["data"]["type"] == "file"
    assert {"cutout", "resample", "scale"} <= {step["step"] for step in described["steps"]}
    json.dumps(described, allow_nan=False)


class ThirdParty:
    """What somebody else's DEEPaaS module looks like."""

    @staticmethod
    def get_predict_args():
        return {
            "image": fields.Field(required=True, metadata={"type": "file", "location": "form"}),
            "threshold": fields.Float(load_default=0.5, validate=validate.Range(min=0, max=1)),
        }

    def get_train_args(self):
        raise NotImplementedError


@pytest.mark.filterwarnings("ignore:`Field` should not be instantiated")  # as DEEPaaS' guide has it
def test_a_third_partys_fields_are_described_too(monkeypatch) -> None:
    monkeypatch.setattr(registry, "entry", lambda name: SimpleNamespace(load=ThirdParty))
    described = describe("rdf")
    assert described["kind"] == "deepaas"
    assert described["train"] == []
    threshold = by_name(described["predict"])["threshold"]
    assert (threshold["type"], threshold["minimum"], threshold["default"]) == ("number", 0, 0.5)
    assert by_name(described["predict"])["image"]["type"] == "file"


@pytest.mark.filterwarnings("ignore:`Field` should not be instantiated")  # as DEEPaaS' guide has it
def test_choices_names_formats_and_lengths_of_a_third_party_are_told(monkeypatch) -> None:
    class Detector:
        @staticmethod
        def get_predict_args():
            return {
                "task": fields.Str(load_default="det", metadata={"enum": ["det", "seg"]}),
                "kind": fields.Str(metadata={"enum": ["a", "b"]}, validate=validate.OneOf(["a"])),
                "files": fields.Field(data_key="data", metadata={"type": "file", "location": "form"}),
                "size": fields.List(fields.Int(), validate=validate.Length(max=2), load_default=[1, 2]),
                "names": fields.List(fields.Str(validate=validate.OneOf(["x", "y"]))),
                "key": fields.Str(validate=validate.Length(equal=8), metadata={"format": "password"}),
            }

    monkeypatch.setattr(registry, "entry", lambda name: SimpleNamespace(load=Detector))
    found = by_name(describe("rdf")["predict"])
    assert found["task"]["choices"] == ["det", "seg"]
    assert found["kind"]["choices"] == ["a"]  # what is checked counts
    assert found["data"]["type"] == "file"
    assert "files" not in found
    assert (found["size"]["maximum_items"], "minimum_items" in found["size"]) == (2, False)
    assert (found["names"]["items"], found["names"]["choices"]) == ("string", ["x", "y"])
    assert (found["key"]["minimum_length"], found["key"]["maximum_length"]) == (8, 8)
    assert found["key"]["format"] == "password"


def test_a_third_partys_module_is_no_method_for_a_batch_job(monkeypatch) -> None:
    monkeypatch.setattr(registry, "entry", lambda name: SimpleNamespace(load=ThirdParty))
    with pytest.raises(InvalidInput, match="plain DEEPaaS module"):
        registry.method("rdf")


def test_a_module_whose_extra_is_missing_says_so(monkeypatch) -> None:
    def load():
        raise ModuleNotFoundError("No module named 'minisom'")

    monkeypatch.setattr(registry, "entry", lambda name: SimpleNamespace(load=load))
    with pytest.raises(InvalidInput, match="cannot be imported: No module named 'minisom'"):
        registry.method("rdf")


def test_an_unknown_module_is_named_beside_those_that_are_there(capsys) -> None:
    assert main(["rdf", "nonsense"]) == 2
    message = capsys.readouterr().err
    assert "'nonsense'" in message
    assert "rdf" in message
