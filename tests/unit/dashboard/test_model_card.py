"""The card of a model says what its record holds, whatever a module wrote into it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dashboard.models.model import Model
from dashboard.reports.cards.markdown import bibtex_of, markdown_of
from dashboard.reports.cards.model_card import NOT_VALIDATED, SYNTHETIC, UNCALIBRATED, model_card

ADDRESS = "https://huggins.example.org/models/m1"
MODEL = Model(
    id="m1",
    name="Be stars",
    owner="ada",
    job="j1",
    dataset="d1",
    module="rdf",
    module_version="0.1.0",
    image="registry/rdf@sha256:1",
    card={
        "recipe": {"schema": 1, "steps": [{"step": "cutout", "minimum": 6519.0, "maximum": 6732.0}]},
        "wavelength": [6519.0, 6600.0, 6732.0],
        "calibrated": False,
        "parameters": {"folds": 0, "trees": 100},
    },
    classes=["double peak", "a|b"],
    metrics={"spectra_prepared": 96.0, "accuracy": 0.87654321},
    input={"name": "LAMOST", "count": 96, "sha256": "f" * 64, "synthetic": True},
    sha256="a" * 64,
    size=10,
    created="2026-11-30T10:00:00.000Z",
)


def test_what_follows_from_the_record_is_said() -> None:
    card = model_card(MODEL, None)
    assert card.intended_use == "It tells 2 classes of spectra apart: double peak, a|b."
    assert card.limitations[:3] == (SYNTHETIC, UNCALIBRATED, NOT_VALIDATED)
    assert card.wavelength == (6519.0, 6732.0)
    assert card.metrics == {"accuracy": 0.87654321}
    assert [step["title"] for step in card.steps] == ["Cut-out"]


def test_what_the_owner_writes_has_precedence() -> None:
    prose = {
        "description": "Mine.",
        "intended_use": "Only Hα.",
        "limitations": "Not for WR.",
        "doi": "10.1234/x",
    }
    text = markdown_of(model_card(replace(MODEL, prose=prose, aliases=["production"]), None), ADDRESS)
    assert text.startswith("# Be stars\n\nMine.\n\n## Intended use\n\nOnly Hα.\n")
    assert "Not for WR." in text
    assert "- also called: production" in text
    assert "- DOI: <https://doi.org/10.1234/x>" in text


def test_the_markdown_has_every_section_and_names_cannot_break_it() -> None:
    text = markdown_of(model_card(MODEL, None), ADDRESS)
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    assert headings == [
        "## Intended use",
        "## Training data",
        "## Classes",
        "## Preprocessing",
        "## Quality",
        "## Limitations",
        "## How to cite",
        "## Facts",
    ]
    assert "- a\\|b\n" in text
    assert "| accuracy | 0.8765 |" in text


def test_the_entry_of_bibtex_is_closed_whatever_the_name_holds() -> None:
    entry = bibtex_of(model_card(replace(MODEL, name="50% {of} all\\n"), None), ADDRESS)
    assert entry.count("{") == entry.count("}")
    assert "title   = {{50\\% of alln}}" in entry
    assert entry.startswith("@misc{huggins-m1,")


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"wavelength": "x", "recipe": 3, "parameters": []},
        {"wavelength": [None]},
        {"recipe": {"steps": [1]}},
    ],
)
def test_a_card_that_a_module_wrote_may_hold_anything(card: dict[str, Any]) -> None:
    made = model_card(replace(MODEL, card=card, classes=None, metrics=None, input={}), None)
    assert made.intended_use.startswith("It answers")
    assert markdown_of(made, ADDRESS)
