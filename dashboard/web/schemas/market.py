"""Modules of the market, and their publication."""

from __future__ import annotations

from typing import Any

from marshmallow import validate

from catalog.search import FACETS, WAVELENGTH
from dashboard.base.ownership import Visibility
from dashboard.modules.versions import VersionState
from dashboard.web.schemas.fields import AnyObject, Choice, Flag, Listed, Text, Time, Whole, optional
from dashboard.web.schemas.schema import AnswerSchema, BodySchema, QuerySchema, listing

DEPLOYED = "deployed"
SORTS = ("relevance", "quality", "use", "date")
FILTERS = (*FACETS, WAVELENGTH, DEPLOYED)


class _MarketQuery(QuerySchema):
    q = Text("Words to look for", load_default="")
    dataset = Text("Spectra that a method is looked for: carried into its training form", load_default="")
    sort = Text(
        "relevance, quality (rank on public datasets), use (people, jobs and deployments) or date",
        load_default="relevance",
        validate=validate.OneOf(("", *SORTS)),  # a form without a choice sends an empty one
    )


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
    badges = Listed(Text(), "checked, signed, reproducible, GPU or runs on HPC")
    featured = Flag()
    stars = Whole()
    use = AnyObject("Numbers of jobs, deployments, predictions and people")
    rank = optional(Whole, "The best on a public dataset")


ModuleListSchema = listing("modules", ModuleSummarySchema)

STATES = [str(state) for state in VersionState]


class RepositorySchema(BodySchema):
    """A git repository to publish from."""

    url = Text("Address of the repository, http or https", required=True, validate=validate.Length(1, 1000))
    ref = Text("Branch, tag or commit; empty: the default branch", load_default="")


class StarSchema(BodySchema):
    """Whether a module has one's star."""

    starred = Flag(required=True)


class CountedSchema(BodySchema):
    """Whether one's jobs and deployments are counted."""

    counted = Flag(required=True)


class LeaderboardsSchema(AnswerSchema):
    """Scores on public datasets."""

    leaderboards = Listed(AnyObject(), required=True)


class ImageSchema(BodySchema):
    """An image to publish."""

    image = Text("REGISTRY/NAME:TAG or REGISTRY/NAME@DIGEST", required=True, validate=validate.Length(1, 255))


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


class PublicationQuery(QuerySchema):
    """Whose module is published."""

    namespace = Text(
        "Of somebody whose module you maintain; left out: your own",
        load_default="",
        validate=validate.Length(max=80),
    )


PublicationListSchema = listing("publications", PublicationSchema)


class VersionChangeSchema(BodySchema):
    """Whether a version is offered."""

    state = Text("published, deprecated or yanked", required=True, validate=validate.OneOf(STATES))
    reason = Text("For people who use the version", load_default="", validate=validate.Length(max=1000))


class ModuleChangeSchema(BodySchema):
    """What is said of a module as a whole; what is left out stays."""

    featured = optional(Flag, "Whether the market shows it first", load_default=None)
    maintainers = optional(Listed, Text(), "User ids who also publish versions of it", load_default=None)
    visibility = optional(Choice, Visibility, "Who sees it beside owner and maintainers", load_default=None)
    project = optional(Text, "With a visibility of project: one that you are a member of", load_default=None)
    owner = optional(
        Text, "User id of the next owner, a publisher; the name of the module stays", load_default=None
    )
