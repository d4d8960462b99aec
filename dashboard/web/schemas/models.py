"""Models."""

from __future__ import annotations

from marshmallow import validate

from dashboard.web.schemas.fields import AnyObject, Listed, Text, Time, Whole, optional
from dashboard.web.schemas.schema import AnswerSchema, BodySchema, OwnedSchema, PageQuery, listing

LONGEST_PROSE = 20_000
ALIAS = r"[a-z][a-z0-9-]{0,31}"
DOI = r"10\.\d{4,9}/\S{1,200}"


class ModelQuery(PageQuery):
    """Which models to list."""

    module = Text("Only of this module", load_default="")
    q = Text("Words to look for", load_default="")
    sort = Text("created, name, module, dataset or size; with - for descending", load_default="-created")


class ModelSchema(OwnedSchema):
    """A model."""

    id = Text(required=True)
    name = Text(required=True)
    module = Text(required=True)
    module_version = Text()
    job = optional(Text)
    dataset = optional(Text)
    image = Text()
    card = AnyObject()
    classes = optional(Listed, Text())
    metrics = optional(AnyObject)
    input = AnyObject()
    sha256 = Text()
    size = Whole()
    created = Time()
    prose = AnyObject("What its owner writes on its card")
    aliases = Listed(Text(), "Such as production")


def _prose(what: str) -> Text:
    return Text(what, load_default="", validate=validate.Length(max=LONGEST_PROSE))


class ModelCardSchema(BodySchema):
    """What the owner of a model writes on its card; what is left out is made from the record again."""

    description = _prose("What it is: Markdown")
    intended_use = _prose("What it is for, and what not: Markdown")
    limitations = _prose("What else one must know: Markdown")
    doi = Text(
        "DOI of the model, such as 10.5281/zenodo.1234",
        load_default="",
        validate=validate.Regexp(f"(?:{DOI})?\\Z", error="must be a DOI, such as 10.5281/zenodo.1234"),
    )
    aliases = Listed(
        Text(
            validate=validate.Regexp(
                f"{ALIAS}\\Z", error="must be lower-case letters, digits and hyphens, at most 32"
            )
        ),
        "Such as production or candidate: of your models of this module, one has it at a time",
        load_default=list,
        validate=validate.Length(max=8),
    )


class ModelCardAnswerSchema(AnswerSchema):
    """The card of a model."""

    name = Text(required=True)
    description = Text(required=True)
    intended_use = Text(required=True)
    limitations = Listed(Text(), "What follows from its record", required=True)
    bibtex = Text("How it is cited", required=True)


ModelListSchema = listing("models", ModelSchema)
