"""Finding a method by words and by facets."""

from __future__ import annotations

from typing import Any

import pytest

from catalog import Catalog, Module
from catalog.search import parse_range, words
from dashboard.base.bundled import ROOT
from tests.unit.catalog.conftest import huggins


def module(name: str, **changes: Any) -> Module:
    spectral = changes.pop("spectral", {})
    document = huggins(name=name, spectral=spectral, citation=changes.pop("citation", ""))
    plain = {"title": name, "summary": "x", "description": "x", "tags": ["x"]}
    return Module.from_document({**document, **plain, **changes}, name)


@pytest.fixture
def catalog() -> Catalog:
    modules = [
        module(
            "som",
            title="Self-organising map",
            description="a random walk over neurons",
            tasks=["Clustering"],
            spectral={"instruments": ["LAMOST"]},
            citation="@article{a, author = {Škoda, Petr}}",
        ),
        module(
            "rdf",
            title="Random forest",
            tasks=["Classification", "Regression"],
            libraries=["Scikit-learn"],
            spectral={"frame": "air", "wavelength": {"minimum": 4000, "maximum": 5000}},
        ),
        module(
            "cnn",
            title="Convolutional network",
            summary="emission lines in Hα",
            tasks=["Classification"],
            categories=["AI4 inference"],
            libraries=["Keras"],
            spectral={"frame": "vacuum", "wavelength": {"minimum": 6519, "maximum": 6732}},
        ),
    ]
    return Catalog({entry.name: entry for entry in modules})


def names(catalog: Catalog, text: str = "", **facets: list[str]) -> list[str]:
    found = catalog.search(text, {key.replace("_", "-"): value for key, value in facets.items()})
    return [entry.name for entry in found.modules]


def test_without_words_all_are_found_by_title(catalog: Catalog) -> None:
    assert names(catalog) == ["cnn", "rdf", "som"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("forest", ["rdf"]),
        ("FOR", ["rdf"]),
        ("random", ["rdf", "som"]),  # a title counts more than a description
        ("self-organising", ["som"]),
        ("skoda", ["som"]),
        ("Škoda", ["som"]),
        ("lamost", ["som"]),
        ("hα", ["cnn"]),
        ("H alpha", ["cnn"]),
        ("H-alpha lines", ["cnn"]),
        ("halpha", ["cnn"]),
        ("scikit", ["rdf"]),
        ("random clustering", ["som"]),
        ("forest keras", []),
        ("orest", []),
        ("!?", ["cnn", "rdf", "som"]),
    ],
)
def test_every_word_must_begin_a_word_of_the_module(catalog: Catalog, text: str, found: list[str]) -> None:
    assert names(catalog, text) == found


def test_a_whole_word_comes_before_one_that_only_begins_so() -> None:
    found = Catalog({name: module(name, title=name) for name in ("mapping", "map")}).search("map")
    assert [entry.name for entry in found.modules] == ["map", "mapping"]


@pytest.mark.parametrize(
    ("facets", "found"),
    [
        ({"task": ["Classification"]}, ["cnn", "rdf"]),
        ({"task": ["Regression", "Clustering"]}, ["rdf", "som"]),
        ({"task": ["Classification"], "library": ["Keras"]}, ["cnn"]),
        ({"trainable": ["yes"]}, ["rdf", "som"]),
        ({"frame": ["air"]}, ["rdf", "som"]),  # som takes any
        ({"instrument": ["LAMOST"]}, ["som"]),
        ({"data_type": ["Image"]}, []),
        ({"wavelength": ["6500-6600"]}, ["cnn", "som"]),
        ({"wavelength": ["-4000"]}, ["rdf", "som"]),
        ({"wavelength": ["5000.5-6518"]}, ["som"]),
        ({"wavelength": ["4500-4501", "6732-"]}, ["cnn", "rdf", "som"]),
    ],
)
def test_facets_narrow_what_is_found(
    catalog: Catalog, facets: dict[str, list[str]], found: list[str]
) -> None:
    assert names(catalog, **facets) == found


def test_counts_tell_what_choosing_a_value_would_find(catalog: Catalog) -> None:
    counts = catalog.search("", {"task": ["Classification"]}).facets
    assert counts["task"] == {"Classification": 2, "Clustering": 1, "Regression": 1}
    assert counts["library"] == {"Keras": 1, "Scikit-learn": 1}
    assert counts["frame"] == {"air": 1, "vacuum": 1}
    for library, count in counts["library"].items():
        assert len(names(catalog, task=["Classification"], library=[library])) == count


def test_a_chosen_value_stays_listed_when_nothing_is_left(catalog: Catalog) -> None:
    counts = catalog.search("forest", {"library": ["Keras"]}).facets
    assert counts["library"] == {"Scikit-learn": 1, "Keras": 0}
    assert counts["task"] == {}


def test_a_facet_or_range_that_is_none_is_an_error_with_what_there_is(catalog: Catalog) -> None:
    with pytest.raises(ValueError, match="there are task, library"):
        catalog.search("", {"colour": ["blue"]})
    with pytest.raises(ValueError, match="6500-6800"):
        catalog.search("", {"wavelength": ["blue"]})


@pytest.mark.parametrize("text", ["", "-", "a-b", "1-2-3", "1e3-2e3", "6500"])
def test_text_that_is_no_range_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="range of wavelengths"):
        parse_range(text)


def test_words_have_neither_case_nor_accents() -> None:
    assert words("Škoda’s_Hα (6562.8 Å), Wolf–Rayet") == [
        "skoda",
        "s",
        "hα",
        "6562",
        "8",
        "a",
        "wolf",
        "rayet",
    ]


def test_an_empty_catalog_finds_nothing() -> None:
    found = Catalog({}).search("anything")
    assert found.modules == []


def test_the_examples_of_the_search_field_find_the_published_methods() -> None:
    published = Catalog.load(ROOT / "modules")
    for text in ("SOM", "forest", "Hα"):
        assert published.search(text).modules, text
    in_blue = published.search("", {"wavelength": ["4000-5000"]}).modules
    assert {"rdf", "som"} <= {entry.name for entry in in_blue}  # both take any range
    assert all(entry.trainable for entry in published.modules.values())
