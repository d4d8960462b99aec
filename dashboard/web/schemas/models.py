"""Models."""

from __future__ import annotations

from dashboard.web.schemas.fields import AnyObject, Listed, Text, Time, Whole, optional
from dashboard.web.schemas.schema import OwnedSchema, PageQuery, listing


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


ModelListSchema = listing("models", ModelSchema)
