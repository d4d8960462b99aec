"""From a folder of files to modules; what is wrong in a file is said, and harms no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from catalog import Catalog, Quality, TrainingSet
from catalog.image import page_of
from tests.unit.catalog.conftest import SOM, Write, huggins, som


def only_problem(folder: Path) -> str:
    catalog = Catalog.load(folder)
    assert not catalog.modules
    ((path, message),) = catalog.broken
    assert path.name == "module.yaml"
    return message


def test_a_module_is_what_its_file_says(write: Write) -> None:
    folder = write(SOM)
    catalog = Catalog.load(folder)
    module = catalog.modules["som"]
    assert not catalog.broken
    assert (module.title, module.version, module.entry, module.extras) == (
        SOM["title"],
        "0.1.0",
        "batch",
        ("som",),
    )
    assert module.folder == folder / "som"
    assert module.trainable
    assert module.warnings == ()
    assert module.spectral.wavelength == pytest.approx((6519.0, 6732.0))
    assert module.spectral.resolution == (1000, None)
    assert module.spectral.training_set == TrainingSet("Ondřejov", "2020A&A...643A.122S", 12936)
    assert module.quality == (Quality("stelib", "purity", 0.9, "2026-03-04", "make x"),)


def test_a_module_of_somebody_else_has_the_folders_name_and_any_spectra(write: Write) -> None:
    foreign = som()
    del foreign["huggins"]
    module = Catalog.load(write(foreign, "their-module")).modules["their-module"]
    assert (module.entry, module.version, module.spectral.wavelength) == ("deepaas", "0.0.0", None)


def test_dates_without_quotes_stay_text(write: Write) -> None:
    text = yaml.safe_dump(SOM).replace("'2026-01-02'", "2026-01-02").replace("'2026-03-04'", "2026-03-04")
    assert "'2026" not in text
    module = Catalog.load(write(text)).modules["som"]
    assert module.dates == {"created": "2026-01-02", "updated": "2026-03-04"}


def test_a_broken_file_is_listed_and_keeps_no_other_away(write: Write) -> None:
    write(SOM)
    write("title: [", "broken")
    folder = write("- a list", "list")
    catalog = Catalog.load(folder)
    assert [*catalog.modules] == ["som"]
    assert [path.parent.name for path, _ in catalog.broken] == ["broken", "list"]


def test_every_problem_of_a_file_is_said_with_its_place(write: Write) -> None:
    bad = huggins(version="1", entry="shell")
    del bad["title"]
    bad["tasks"] = ["Astrology"]
    message = only_problem(write(bad))
    for place in ("title:", "tasks.0:", "huggins.version:", "huggins.entry:"):
        assert place in message


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (som(metadata_version="1.0.0"), "metadata_version"),
        (som(keywords=["x"]), "keywords: Is a key of AI4 metadata 1.x"),
        (som(links={}), "links.source_code"),
        (som(links={"source_code": "javascript:alert(1)"}), "links.source_code: Is not an http"),
        (som(links={"source_code": 'https://example.org/"><script>'}), "links.source_code"),
        (som(tags=["a", "a"]), "tags: Says something twice"),
        (som(dates={"created": "yesterday", "updated": "2026-01-01"}), "dates.created"),
        (som(resources={"training": {"cpu": -1}}), "resources.training.cpu"),
        (huggins(name="Som"), "huggins.name"),
        (huggins(name="other"), "folder is 'som'"),
        (huggins(name="som\n"), "huggins.name"),
        (huggins(colour="blue"), "huggins.colour"),
        (huggins(spectral={"frame": "water"}), "huggins.spectral.frame"),
        (
            huggins(spectral={"wavelength": {"minimum": 9, "maximum": 3}}),
            "huggins.spectral.wavelength.minimum",
        ),
        (huggins(spectral={"wavelength": {"minimum": 9}}), "huggins.spectral.wavelength.maximum"),
        (
            huggins(spectral={"wavelength": {"minimum": -1, "maximum": 3}}),
            "huggins.spectral.wavelength.minimum",
        ),
        (huggins(spectral={"wavelength": {"minimum": 1, "maximum": 3, "unit": "parsec"}}), "wavelength.unit"),
        (huggins(quality=[{"dataset": "x", "value": 1}]), "huggins.quality.0.command"),
        (
            huggins(quality=[{**SOM["huggins"]["quality"][0], "value": float("nan")}]),
            "huggins.quality.0.value",
        ),
        (huggins(extras=["som; rm"]), "huggins.extras.0"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(write: Write, document: dict[str, Any], said: str) -> None:
    assert said in only_problem(write(document))


def bomb(depth: int = 12) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, depth)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (bomb(), "line 2, column 10: aliases"),
        ("title: a\ntitle: b", "line 2, column 1: key 'title' stands here a second time"),
        ("1: a", "key 1 is not text"),
        ("a: " + "[" * 100 + "]" * 100, "nested more than"),
        ("a: !!python/object/apply:os.system [true]", "could not determine a constructor"),
        ("a: 'x' b", "line 1"),
        ("x: " + "y" * 300_000, "larger than 256 kB"),
        ("", "not a mapping"),
        ("a: \x00", "not YAML"),
        ("a: b\n---\nc: d", "but found another document"),
    ],
)
def test_hostile_or_careless_yaml_is_rejected(write: Write, text: str, said: str) -> None:
    assert said in only_problem(write(text))


def test_a_file_that_is_not_utf8_is_rejected(write: Write) -> None:
    folder = write("x")
    (folder / "som" / "module.yaml").write_bytes(b"title: \xff")
    assert "not UTF-8" in only_problem(folder)


def test_a_merge_key_is_no_way_around_what_is_forbidden(write: Write) -> None:
    text = yaml.safe_dump(SOM) + "'<<': {keywords: [x]}\n"
    module = Catalog.load(write(text)).modules["som"]
    assert module.warnings == ("<<: is not known",)


def test_a_probable_typing_error_is_a_warning_with_a_guess(write: Write) -> None:
    document = som(data_type=["Image"], resources={"training": {"memory": 1}})
    module = Catalog.load(write(document)).modules["som"]
    assert module.warnings == (
        "data_type: is not known; did you mean 'data-type'?",
        "resources.training.memory: is not known; did you mean 'memory_MB'?",
    )


def test_a_folder_that_is_not_there_is_an_error_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="absent"):
        Catalog.load(tmp_path / "absent")


def test_folders_without_a_description_are_no_modules(write: Write) -> None:
    folder = write(SOM)
    (folder / "notes").mkdir()
    assert [module.name for module in Catalog.load(folder)] == ["som"]


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("ai4oshub/some-app", "https://hub.docker.com/r/ai4oshub/some-app"),
        ("docker.io/ai4oshub/some-app:1.2", "https://hub.docker.com/r/ai4oshub/some-app"),
        ("python", "https://hub.docker.com/_/python"),
        ("ghcr.io/a/b@sha256:" + "0" * 64, "https://ghcr.io/a/b"),
        ("quay.io/a/b:latest", "https://quay.io/repository/a/b"),
        ("registry.example.org:5000/a/b", None),
    ],
)
def test_an_image_may_be_named_and_is_what_the_module_is_run_from(
    write: Write, name: str, page: str | None
) -> None:
    foreign = som(links={"source_code": "https://example.org/a", "docker_image": name})
    del foreign["huggins"]
    module = Catalog.load(write(foreign, "theirs")).modules["theirs"]
    assert module.image == name
    assert page_of(name) == page


@pytest.mark.parametrize("name", ["Not An Image", "a/B", "file:///etc/passwd", "a" * 256, "../a", "-x"])
def test_what_is_neither_image_nor_address_is_a_problem(write: Write, name: str) -> None:
    links = {"source_code": "https://example.org/a", "docker_image": name}
    assert "links.docker_image: Is neither the name of an image" in only_problem(write(som(links=links)))


def test_an_image_of_ours_is_named_by_the_platform(write: Write) -> None:
    links = {"source_code": "https://example.org/a", "docker_image": "ai4oshub/some-app"}
    assert Catalog.load(write(som(links=links))).modules["som"].image == ""
    page = {"source_code": "https://example.org/a", "docker_image": "https://hub.docker.com/r/a/b"}
    foreign = som(links=page)
    del foreign["huggins"]
    assert Catalog.load(write(foreign, "theirs")).modules["theirs"].image == ""


def test_the_file_of_ai4_is_read_where_there_is_none_of_ours(write: Write) -> None:
    foreign = som()
    del foreign["huggins"]
    folder = write(foreign, "theirs")
    (folder / "theirs" / "module.yaml").rename(folder / "theirs" / "ai4-metadata.yml")
    write(SOM)
    (folder / "som" / "ai4-metadata.yml").write_text("title: [")  # beside ours it does not count
    catalog = Catalog.load(folder)
    assert list(catalog.modules) == ["som", "theirs"]
    assert not catalog.broken
    assert catalog.modules["theirs"].entry == "deepaas"


def test_presets_are_read_and_what_is_wrong_in_them_is_said(write: Write) -> None:
    good = {"name": "lamost", "title": "LAMOST", "parameters": {"epochs": 5}}
    module = Catalog.load(write(huggins(presets=[good]))).modules["som"]
    preset = module.preset("lamost")
    assert preset is not None
    assert (preset.recipe, preset.parameters) == (None, {"epochs": 5})
    assert module.preset("miles") is None


def test_what_is_wrong_in_a_preset_is_said(write: Write) -> None:
    wrong = {"name": "lamost", "title": "LAMOST", "parameters": [1], "colour": "red"}
    told = only_problem(write(huggins(presets=[wrong])))
    assert "presets.0.parameters" in told
    assert "presets.0.colour" in told
