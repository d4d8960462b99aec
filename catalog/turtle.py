"""Modules in Turtle, after MLDCAT-AP: the triples that AI4's JSON-LD context gives."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from catalog.module import Module

PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "it6": "http://data.europa.eu/it6/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
AI4 = "http://w3id.org/ai4os/vocabulary"
LICENCES = "http://publications.europa.eu/resource/authority/licence/"
#: Key of AI4 metadata to predicate, vocabulary, class, and the predicate of its title.
CONCEPTS = {
    "tasks": ("it6:hasTaskType", f"{AI4}/tasktype/", "it6:TaskType", "skos:prefLabel"),
    "categories": ("dct:type", f"{AI4}/category/", "skos:Concept", "skos:prefLabel"),
    "libraries": ("it6:hasMachineLearningLibrary", f"{AI4}/library/", "it6:Library", "dct:title"),
}
LINKS = {
    "source_code": "it6:hasRepository",
    "dataset": "it6:trainedOn",
    "citation": "it6:hasBibliographicReference",
    "base_model": "it6:fineTunedFrom",
}
Triple = tuple[str, str, str]


def to_turtle(modules: Iterable[tuple[Module, str]], catalog: str = "", title: str = "") -> str:
    """Return modules in Turtle.

    Parameters
    ----------
    modules : iterable of (Module, str)
        Each with its address.
    catalog : str
        Address of the catalog that holds them; empty: none does.
    title : str
        Of the catalog.

    Returns
    -------
    str
        A document that needs no other.
    """
    lines = [f"@prefix {name}: <{address}> ." for name, address in PREFIXES.items()]
    triples: dict[Triple, None] = {}  # a set that keeps the order
    if catalog:
        triples |= dict.fromkeys(
            [(_iri(catalog), "a", "dcat:Catalog"), (_iri(catalog), "dct:title", _text(title))]
        )
    for module, address in modules:
        if catalog:
            triples[_iri(catalog), "dcat:resource", _iri(address)] = None
        triples |= dict.fromkeys(_of_module(module, _iri(address)))
    return "\n".join([*lines, "", *(f"{' '.join(triple)} ." for triple in triples), ""])


def _of_module(module: Module, own: str) -> Iterator[Triple]:
    yield own, "a", "it6:MachineLearningModel"
    yield own, "dct:identifier", _text(module.name, language=False)
    yield own, "dcat:version", _text(module.version, language=False)
    yield own, "dct:title", _text(module.title)
    yield own, "it6:shortDescription", _text(module.summary)
    yield own, "dct:description", _text(module.description)
    for key, predicate in (("created", "dct:created"), ("updated", "dct:modified")):
        if module.dates.get(key):
            yield own, predicate, f"{_text(module.dates[key], language=False)}^^xsd:date"
    for tag in module.tags:
        yield own, "dcat:keyword", _text(tag)
    for key, predicate in LINKS.items():
        if module.links.get(key):
            yield own, predicate, _iri(module.links[key])
    for key, (predicate, vocabulary, kind, titled) in CONCEPTS.items():
        for name in getattr(module, key):
            concept = _iri(vocabulary + name.replace(" ", "_"))
            yield own, predicate, concept
            yield concept, "a", kind
            yield concept, titled, _text(name)
    if module.license:
        licence = _iri(LICENCES + module.license.replace(" ", "_"))
        yield own, "dct:license", licence
        yield licence, "a", "dct:LicenseDocument"
        yield licence, "skos:prefLabel", _text(module.license)


def _text(value: object, *, language: bool = True) -> str:
    """Return a literal: the escapes of JSON are those of Turtle, but for pairs of surrogates."""
    escaped = json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007F")
    return f"{escaped}@en" if language else escaped


def _iri(address: str) -> str:
    return f"<{quote(address, safe=_SAFE)}>"


_SAFE = ":/?#[]@!$&'()*+,;=-._~%"
