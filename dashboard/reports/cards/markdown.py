"""A model card as Markdown, and how the model is cited."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboard.reports.cards.model_card import ModelCard

#: What would begin something in Markdown where a name stands in a table or a list.
SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]<>#|"})
#: What ends a field of BibTeX, or is a command of TeX.
TEX = str.maketrans({"{": "", "}": "", "\\": "", "%": r"\%", "&": r"\&", "#": r"\#", "$": r"\$", "_": r"\_"})


def markdown_of(card: ModelCard, address: str) -> str:
    """Return the card as a file ``README.md`` that says all of it.

    Parameters
    ----------
    card : ModelCard
        The card.
    address : str
        Where the model is.
    """
    return "\n".join(_lines(card, address)).rstrip() + "\n"


def _lines(card: ModelCard, address: str) -> Iterator[str]:
    yield f"# {_plain(card.name)}\n"
    yield f"{card.description}\n"
    yield f"## Intended use\n\n{card.intended_use}\n"
    yield "## Training data\n"
    yield from _training(card.training)
    if card.classes:
        yield "## Classes\n"
        yield from (f"- {_plain(name)}" for name in card.classes)
        yield ""
    yield "## Preprocessing\n"
    yield from (f"{at}. {_step(step)}" for at, step in enumerate(card.steps, 1))
    yield "" if card.steps else "None: spectra are used unchanged.\n"
    if card.metrics:
        yield "## Quality\n\n| metric | value |\n|---|---|"
        yield from (f"| {_plain(name)} | {_number(value)} |" for name, value in card.metrics.items())
        yield ""
    if card.limitations or card.more_limitations:
        yield "## Limitations\n"
        yield from (f"- {one}" for one in card.limitations)
        yield f"\n{card.more_limitations}\n"
    yield "## How to cite\n"
    yield f"```bibtex\n{bibtex_of(card, address)}\n```\n"
    if card.references:
        yield f"The method:\n\n```bibtex\n{card.references.strip()}\n```\n"
    yield "## Facts\n"
    yield from (f"- {title}: {value}" for title, value in _facts(card, address) if value)
    if card.parameters:
        parameters = json.dumps(dict(card.parameters), ensure_ascii=False, indent=1, default=str)
        yield f"\nParameters of the training:\n\n```json\n{parameters}\n```"


def _training(training: Any) -> Iterator[str]:
    name = _plain(str(training.get("name", "not recorded")))
    count = f", {training['count']} spectra" if training.get("count") else ""
    yield f"- {name}{count}" + (" (synthetic)" if training.get("synthetic") else "")
    if training.get("sha256"):
        yield f"- SHA-256 of the dataset: `{training['sha256']}`"
    labels = training.get("labels")
    if isinstance(labels, dict):
        yield f"- labels: {_plain(str(labels.get('name', '')))}, version {labels.get('number', '')}"
    yield ""


def _facts(card: ModelCard, address: str) -> Iterator[tuple[str, str]]:
    yield "model", f"`{card.id}`, <{address}>"
    yield "module", f"{card.module} {card.module_version}"
    yield "image", f"`{card.image}`" if card.image else ""
    yield "SHA-256 of the model", f"`{card.sha256}`"
    yield "made", card.created
    yield "licence of the module", card.license
    yield "also called", ", ".join(card.aliases)
    yield "DOI", f"<https://doi.org/{card.doi}>" if card.doi else ""


def bibtex_of(card: ModelCard, address: str) -> str:
    """Return an entry of BibTeX for the model itself.

    Parameters
    ----------
    card : ModelCard
        The card.
    address : str
        Where the model is.
    """
    fields = [
        ("title", f"{{{card.name.translate(TEX)}}}"),
        ("year", card.created[:4]),
        ("version", card.id),
        ("note", f"Trained by {card.module} {card.module_version}".translate(TEX)),
        ("url", address),
        ("doi", card.doi),
    ]
    body = ",\n".join(f"  {name:<7} = {{{value}}}" for name, value in fields if value)
    return f"@misc{{huggins-{card.id},\n{body}\n}}"


def _plain(text: str) -> str:
    return " ".join(text.split()).translate(SPECIAL)


def _step(step: Any) -> str:
    facts = ", ".join(step.get("facts", ()))
    return _plain(step["title"]) + (f": {_plain(facts)}" if facts else "")


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else _plain(str(value))
