"""Modules of the market, and their publication."""

from __future__ import annotations

from typing import Any

from marshmallow import validate

from catalog.search import FACETS, WAVELENGTH
from dashboard.modules.versions import VersionState
from dashboard.web.schemas.fields import AnyObject, Flag, Listed, Text, Time, optional
from dashboard.web.schemas.schema import AnswerSchema, BodySchema, QuerySchema, listing

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

STATES = [str(state) for state in VersionState]


class RepositorySchema(BodySchema):
    """A git repository to publish from."""

    url = Text("Address of the repository, http or https", required=True, validate=validate.Length(1, 1000))
    ref = Text("Branch, tag or commit; empty: the default branch", load_default="")


class PublicationSchema(AnswerSchema):
    """An attempt to publish a version."""

    id = Text(required=True)
    owner = Text()
    source = Text()
    state = Text("waiting, running, published, review or rejected", required=True)
    step = Text("fetch, check, push or record")
    reason = Text("Why it was rejected, and what to do")
    module = Text("With the namespace; empty until it is known")
    version = Text()
    report = optional(AnyObject)
    created = Time()
    ended = optional(Time)


class PublicationAnswerSchema(AnswerSchema):
    """One publication."""

    publication = AnyObject()


PublicationListSchema = listing("publications", PublicationSchema)


class VersionChangeSchema(BodySchema):
    """Whether a version is offered."""

    state = Text("published, deprecated or yanked", required=True, validate=validate.OneOf(STATES))
    reason = Text("For people who use the version", load_default="", validate=validate.Length(max=1000))


class ModuleChangeSchema(BodySchema):
    """What is said of a module as a whole; what is left out stays."""

    featured = optional(Flag, load_default=None)
    maintainers = optional(Listed, Text(), load_default=None)
