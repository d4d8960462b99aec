"""Modules of the market."""

from __future__ import annotations

from typing import Any

from catalog.search import FACETS, WAVELENGTH
from dashboard.web.schemas.fields import Listed, Text
from dashboard.web.schemas.schema import AnswerSchema, QuerySchema, listing

DEPLOYED = "deployed"
FILTERS = (*FACETS, WAVELENGTH, DEPLOYED)


class _MarketQuery(QuerySchema):
    q = Text("Words to look for", load_default="")
    dataset = Text("Spectra that a method is looked for: carried into its training form", load_default="")


_REPEATED: dict[str, Any] = {
    name: Listed(Text(), f"Only with this {name}; may be repeated") for name in FILTERS
}
#: Which modules the market shows: words, and the facets of the catalog.
MarketQuery = type("MarketQuery", (_MarketQuery,), _REPEATED)


class ModuleQuery(QuerySchema):
    """Values that a module's page passes to its training form."""

    dataset = Text("Spectra to train it on: carried into its training form", load_default="")


class ModuleSummarySchema(AnswerSchema):
    """A module in the market."""

    name = Text(required=True)
    version = Text(required=True)
    title = Text(required=True)
    summary = Text()
    license = Text()
    deployed = Listed(Text(), "Names of its deployments")


ModuleListSchema = listing("modules", ModuleSummarySchema)
