"""What we export is what AI4's own package accepts and makes."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own dependencies
    import ai4_metadata
    from ai4_metadata import exceptions, metadata, validate
    from ai4_metadata.mapping.profiles import mldcatap

from catalog import Catalog, Module, export, vocabulary
from tests.conftest import ROOT
from tests.unit.catalog.conftest import huggins, som

VERSIONS = ["2.0.0", "2.1.0", "2.2.0", "2.3.0"]
EXAMPLES = Path(ai4_metadata.__file__).parent / "assets" / "examples"


def schema(version: str) -> dict[str, Any]:
    # Their own reader leaves the file open.
    file = metadata.get_schema_file(metadata.MetadataVersions(version))
    return json.loads(file.read_text(encoding="utf-8"))


def check(document: dict[str, Any], version: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # their schema names its own language with "http" where "https" is meant
        validate.validate_json(document, schema(version))


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_exported_passes_the_validator_of_its_version(version: str) -> None:
    exported = export.to_ai4(Module.from_document(som(metadata_version=version), "som"))
    check(exported, version)
    assert exported["metadata_version"] == version
    assert "huggins" not in exported


@pytest.mark.parametrize("version", VERSIONS)
def test_the_validators_own_example_is_a_module(version: str) -> None:
    document = yaml.safe_load((EXAMPLES / "sample-v2.mods.yaml").read_text(encoding="utf-8"))
    document["metadata_version"] = version
    check(document, version)
    exported = export.to_ai4(Module.from_document(document, "mods"))
    assert exported == document


def test_what_the_validator_rejects_we_reject(tmp_path: Path) -> None:
    required = schema("2.3.0")["required"]
    for key in required:
        document = som()
        del document[key]
        with pytest.raises(exceptions.MetadataValidationError):
            check(document, "2.3.0")
        folder = tmp_path / key / "som"
        folder.mkdir(parents=True)
        (folder / "module.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
        ((_, message),) = Catalog.load(folder.parent).broken
        assert f"{key}: Missing data" in message


def test_our_lists_are_the_validators_lists() -> None:
    properties = schema("2.3.0")["properties"]
    assert list(vocabulary.TASKS) == properties["tasks"]["items"]["enum"]
    assert list(vocabulary.LIBRARIES) == properties["libraries"]["items"]["enum"]
    assert list(vocabulary.CATEGORIES) == properties["categories"]["items"]["enum"]
    assert list(vocabulary.DATA_TYPES) == properties["data-type"]["items"]["enum"]
    assert list(vocabulary.LINKS) == list(properties["links"]["properties"])
    forbidden = schema("2.3.0")["not"]["anyOf"]
    assert list(vocabulary.FORBIDDEN) == [entry["required"][0] for entry in forbidden]


def test_json_ld_is_what_their_own_mapping_makes() -> None:
    document = som(metadata_version="2.3.0")
    module = Module.from_document(document, "som")
    theirs = mldcatap.generate_mapping(
        mldcatap.SupportedInputProfiles.ai4os,
        export.to_ai4(module),
        mldcatap.SupportedOutputFormats.jsonld,
        metadata.MetadataVersions.V2_3_0,
    )
    assert export.to_json_ld(module) == json.loads(theirs)


def test_plain_json_is_the_whole_module_in_angstroms() -> None:
    document = export.to_json(Module.from_document(som(), "som"))
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["huggins"]["spectral"]["wavelength"]["maximum"] == pytest.approx(6732.0)
    bare = export.to_json(Module.from_document(huggins(spectral={}), "som"))
    assert bare["huggins"]["spectral"]["wavelength"] is None


def test_labels_are_those_of_the_image_specification_and_none_is_empty() -> None:
    labels = export.to_labels(Module.from_document(som(), "som"))
    assert labels["org.opencontainers.image.title"] == "Self-organising map"
    assert labels["org.opencontainers.image.version"] == "0.1.0"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert all(labels.values())


def test_the_modules_of_this_repository_are_sound() -> None:
    catalog = Catalog.load(ROOT / "modules")
    assert catalog.broken == []
    for module in catalog:
        assert module.warnings == ()
        check(export.to_ai4(module), str(module.metadata["metadata_version"]))
