"""Datasets of datasets."""

from __future__ import annotations

from marshmallow import validate

from dashboard.data.derive.service import MOST_DATASETS, MOST_SPECTRA
from dashboard.web.schemas.data import DatasetSchema
from dashboard.web.schemas.fields import Listed, Number, Part, Text, Whole, optional
from dashboard.web.schemas.schema import AnswerSchema, BodySchema

LARGEST_SEED = 2**31 - 1


class DatasetRenameSchema(BodySchema):
    """Another name of a dataset."""

    name = Text(required=True)


class SubsetCreateSchema(BodySchema):
    """Which spectra of a dataset make a new one: those that fit everything that is given."""

    name = optional(Text, "Of the new dataset; empty: that of the other one", load_default="")
    q = optional(Text, "Words in name or path", load_default="")
    label = optional(Text, "Only of this class; - for those without one; empty: of all", load_default="")
    numbers = optional(
        Listed, Whole(least=0, most=2**53), f"Only these, at most {MOST_SPECTRA}; empty: all", load_default=()
    )


class SplitCreateSchema(BodySchema):
    """How a dataset is divided into a training and a test part."""

    name = optional(Text, "Of both parts; empty: that of the dataset", load_default="")
    share = Number(
        "Of the objects of each class that go into the test part, .01 to .99",
        load_default=0.2,
        validate=validate.Range(0.01, 0.99, error="must be from .01 to .99"),
    )
    seed = Whole("Of the choice", least=0, most=LARGEST_SEED, load_default=0)


class SplitSchema(AnswerSchema):
    """Both parts."""

    training = Part(DatasetSchema, required=True)
    test = Part(DatasetSchema, required=True)
    objects = Whole("Objects of the dataset", required=True)
    test_objects = Whole("Objects of the test part", required=True)


class UnionCreateSchema(BodySchema):
    """Datasets that make one."""

    name = Text(required=True)
    datasets = Listed(Text(), f"Ids of 2 to {MOST_DATASETS} datasets of spectra", required=True)


class UnionSchema(AnswerSchema):
    """The dataset that was made of others."""

    dataset = Part(DatasetSchema, required=True)
    left_out = Whole("Spectra of files whose content is there already", required=True)


class DuplicateSchema(AnswerSchema):
    """A dataset with files of another one."""

    dataset = Text(required=True)
    name = Text(required=True)
    files = Whole("Files that both have", required=True)


class DuplicatesSchema(AnswerSchema):
    """Datasets with files of a dataset, the most first; the dataset itself, if it has some more than once."""

    duplicates = Listed(Part(DuplicateSchema), required=True)
