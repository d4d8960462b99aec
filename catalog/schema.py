"""What a ``module.yaml`` may say: AI4 metadata 2.x at the top level, ours under ``huggins``.

Source of the AI4 part: its JSON schema (https://docs.ai4os.eu/projects/ai4-metadata/), with two things
more: links are http or https (an image may be named instead), lists and texts are not endless. Unknown
keys stay, with a warning.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import INCLUDE, RAISE, Schema, ValidationError, fields, validate, validates_schema

from catalog import vocabulary
from catalog.image import is_image

#: A folder name, a DEEPaaS model name, a part of an image's name and of an address.
NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]{1,64})?")


_POSITIVE = validate.Range(min=0, min_inclusive=False)


def _text(*, required: bool = True, maximum: int = 10_000) -> fields.String:
    return fields.String(required=required, validate=validate.Length(min=1, max=maximum))


def _several(*choices: str, required: bool = True) -> fields.List:
    one = fields.String(validate=validate.OneOf(choices) if choices else validate.Length(min=1, max=100))
    return fields.List(one, required=required, validate=[validate.Length(max=100), _unique])


def _unique(values: list[str]) -> None:
    if len(set(values)) < len(values):
        raise ValidationError("Says something twice.")


def _address(value: str) -> None:
    # Links are shown as links: nothing that a browser would execute, and no relative ones.
    if not re.fullmatch(r"https?://[^\s<>\"']+", value):
        raise ValidationError("Is not an http or https address.")


def _address_or_image(value: str) -> None:
    # AI4's own modules name the image; its page is not what a node fetches.
    if not is_image(value):
        try:
            _address(value)
        except ValidationError:
            raise ValidationError("Is neither the name of an image nor an http or https address.") from None


def _date(value: str) -> None:
    try:
        datetime.date.fromisoformat(value)
    except ValueError as error:
        raise ValidationError("Is not a date YYYY-MM-DD.") from error


class _Open(Schema):
    """Keys that we do not know are somebody else's."""

    class Meta:
        unknown = INCLUDE


class _Closed(Schema):
    """Keys that we do not know are mistakes."""

    class Meta:
        unknown = RAISE


LinksSchema = _Open.from_dict(
    {
        name: fields.String(
            required=name == "source_code",
            validate=_address_or_image if name == "docker_image" else _address,
        )
        for name in vocabulary.LINKS
    },
    name="LinksSchema",
)


class DatesSchema(_Open):
    """When it was made and changed."""

    created = fields.String(required=True, validate=_date)
    updated = fields.String(required=True, validate=_date)


class NeedsSchema(_Open):
    """Least resources for one thing."""

    cpu = fields.Integer(strict=True, validate=validate.Range(min=0))
    gpu = fields.Integer(strict=True, validate=validate.Range(min=0))
    memory_MB = fields.Integer(strict=True, validate=validate.Range(min=0))  # noqa: N815 not our choice
    gpu_memory_MB = fields.Integer(strict=True, validate=validate.Range(min=0))  # noqa: N815 as above
    gpu_compute_capability = fields.Float(validate=validate.Range(min=0))
    storage_MB = fields.Integer(strict=True, validate=validate.Range(min=0))  # noqa: N815 as above


class ResourcesSchema(_Open):
    """Least resources."""

    inference = fields.Nested(NeedsSchema)
    training = fields.Nested(NeedsSchema)


class RangeSchema(_Closed):
    """A closed range of positive numbers; what is left out is open."""

    minimum = fields.Float(allow_none=True, load_default=None, validate=_POSITIVE)
    maximum = fields.Float(allow_none=True, load_default=None, validate=_POSITIVE)

    @validates_schema
    def check_order(self, data: Mapping[str, Any], **_: Any) -> None:
        """Reject an empty range.

        Parameters
        ----------
        data : mapping
            The loaded fields.

        Raises
        ------
        ValidationError
            If ``minimum`` is above ``maximum``.
        """
        low, high = data.get("minimum"), data.get("maximum")
        if low is not None and high is not None and low > high:
            raise ValidationError("The minimum is above the maximum.", "minimum")


class WavelengthSchema(RangeSchema):
    """Wavelengths that a method needs; both ends must be said."""

    minimum = fields.Float(required=True, validate=_POSITIVE)
    maximum = fields.Float(required=True, validate=_POSITIVE)
    unit = fields.String(load_default="Angstrom", validate=validate.OneOf(vocabulary.ANGSTROMS))


class TrainingSetSchema(_Closed):
    """What a published model was trained on."""

    name = _text(maximum=200)
    reference = fields.String(load_default="", validate=validate.Length(max=500))
    rows = fields.Integer(strict=True, allow_none=True, load_default=None, validate=validate.Range(min=1))


class SpectralSchema(_Closed):
    """Which spectra a method is for."""

    wavelength = fields.Nested(WavelengthSchema, allow_none=True, load_default=None)
    resolution = fields.Nested(RangeSchema, allow_none=True, load_default=None)
    frame = fields.String(load_default="any", validate=validate.OneOf(vocabulary.FRAMES))
    instruments = fields.List(fields.String(validate=validate.Length(min=1, max=100)), load_default=list)
    normalisation = fields.String(load_default="", validate=validate.Length(max=2000))
    training_set = fields.Nested(TrainingSetSchema, allow_none=True, load_default=None)


class QualitySchema(_Closed):
    """One measurement that somebody can repeat."""

    dataset = _text(maximum=200)
    metric = _text(maximum=100)
    value = fields.Float(required=True)
    date = fields.String(required=True, validate=_date)
    command = _text(maximum=2000)


class PresetSchema(_Closed):
    """Recipe and parameters for one kind of data."""

    name = fields.String(required=True, validate=validate.Regexp(re.compile(NAME.pattern + r"\Z")))
    title = _text(maximum=200)
    recipe = fields.Dict(keys=fields.String(), allow_none=True, load_default=None)
    parameters = fields.Dict(keys=fields.String(), load_default=dict)


class BasesSchema(_Closed):
    """What the images that train and that serve stand on; where these differ, there are two."""

    training = fields.String(load_default="plain", validate=validate.OneOf(vocabulary.BASES))
    serving = fields.String(load_default="plain", validate=validate.OneOf(vocabulary.BASES))


class HugginsSchema(_Closed):
    """Our own key."""

    name = fields.String(required=True, validate=validate.Regexp(re.compile(NAME.pattern + r"\Z")))
    version = fields.String(required=True, validate=validate.Regexp(re.compile(VERSION.pattern + r"\Z")))
    entry = fields.String(load_default="batch", validate=validate.OneOf(vocabulary.ENTRIES))
    extras = fields.List(fields.String(validate=validate.Regexp(r"[A-Za-z0-9._-]+\Z")), load_default=list)
    bases = fields.Nested(BasesSchema, load_default=lambda: BasesSchema().load({}))
    spectral = fields.Nested(SpectralSchema, load_default=lambda: SpectralSchema().load({}))
    citation = fields.String(load_default="", validate=validate.Length(max=20_000))
    quality = fields.List(fields.Nested(QualitySchema), load_default=list)
    presets = fields.List(fields.Nested(PresetSchema), load_default=list, validate=validate.Length(max=100))
    recommended = fields.Nested(ResourcesSchema, load_default=dict)
    headline = fields.List(fields.String(validate=validate.Length(max=80)), load_default=list)
    nodes = fields.List(
        fields.String(validate=validate.OneOf(vocabulary.NODES)),
        load_default=lambda: list(vocabulary.NODES),
        validate=[validate.Length(min=1), _unique],
    )


class ModuleSchema(_Open):
    """A whole ``module.yaml``."""

    metadata_version = fields.String(
        required=True,
        validate=validate.Regexp(r"2\.\d+\.\d+\Z", error="Must be a version 2.x of the AI4 metadata."),
    )
    title = _text(maximum=200)
    summary = _text(maximum=500)
    description = _text(maximum=100_000)
    doi = fields.String()
    license = fields.String(validate=validate.Length(max=100))
    links = fields.Nested(LinksSchema, required=True)
    dates = fields.Nested(DatesSchema)
    tags = _several()
    tasks = _several(*vocabulary.TASKS)
    categories = _several(*vocabulary.CATEGORIES)
    libraries = _several(*vocabulary.LIBRARIES)
    data_type = fields.List(
        fields.String(validate=validate.OneOf(vocabulary.DATA_TYPES)), data_key="data-type", validate=_unique
    )
    resources = fields.Nested(ResourcesSchema)
    huggins = fields.Nested(HugginsSchema)

    @validates_schema(skip_on_field_errors=False)
    def reject_old_keys(self, data: Mapping[str, Any], **_: Any) -> None:
        """Reject the keys of AI4 metadata 1.x, as AI4's own schema does.

        Parameters
        ----------
        data : mapping
            The document before it is loaded.

        Raises
        ------
        ValidationError
            For each such key.
        """
        if old := [key for key in vocabulary.FORBIDDEN if key in data]:
            raise ValidationError({key: ["Is a key of AI4 metadata 1.x, which 2.x forbids."] for key in old})


def problems(messages: Any, where: str = "") -> Iterator[str]:
    """Yield marshmallow's nested messages as lines ``huggins.spectral.frame: …``."""
    if isinstance(messages, Mapping):
        for key, below in messages.items():
            yield from problems(below, f"{where}.{key}" if where else str(key))
    elif isinstance(messages, list):
        for message in messages:
            yield from problems(message, where)
    else:
        yield f"{where.removesuffix('._schema')}: {messages}"


def unknown_keys(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield one warning per key that neither AI4 nor we know: most are typing errors."""
    known_below: dict[str, type[Schema]] = {
        "links": LinksSchema,
        "dates": DatesSchema,
        "resources": ResourcesSchema,
    }
    yield from _unknown(document, ModuleSchema, "")
    for key, schema in known_below.items():
        if isinstance(below := document.get(key), dict):
            yield from _unknown(below, schema, f"{key}.")
    for purpose in ("inference", "training"):
        if isinstance(needs := (document.get("resources") or {}).get(purpose), dict):
            yield from _unknown(needs, NeedsSchema, f"resources.{purpose}.")


def _unknown(document: Mapping[str, Any], schema: type[Schema], where: str) -> Iterator[str]:
    known = [field.data_key or name for name, field in schema().fields.items()]
    for key in document:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            yield f"{where}{key}: is not known" + (f"; did you mean {close[0]!r}?" if close else "")
