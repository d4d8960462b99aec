"""One module as the rest of the platform sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from catalog import schema, vocabulary
from catalog.document import BadDocument, read_document
from catalog.image import is_image

FILE = "module.yaml"

#: AI4's name for the same, without our key: read where there is no `FILE`.
AI4_FILE = "ai4-metadata.yml"

FILES = (FILE, AI4_FILE)


@dataclass(frozen=True)
class TrainingSet:
    """What a published model was trained on: its name, a bibcode, DOI or address, and how many spectra."""

    name: str
    reference: str = ""
    rows: int | None = None


@dataclass(frozen=True)
class Spectral:
    """Which spectra a method is for.

    Attributes
    ----------
    wavelength : (float, float) or None
        Least and greatest wavelength that it needs, Å; None: whatever it is trained on.
    resolution : (float or None, float or None) or None
        Resolving power; None is open.
    frame : str
        ``vacuum``, ``air`` or ``any``: what the method was made for; the recipe converts.
    instruments : tuple of str
        Surveys and instruments that it is known to work for.
    normalisation : str
        In words.
    training_set : TrainingSet or None
        Of a model that comes with the module.
    """

    wavelength: tuple[float, float] | None = None
    resolution: tuple[float | None, float | None] | None = None
    frame: str = "any"
    instruments: tuple[str, ...] = ()
    normalisation: str = ""
    training_set: TrainingSet | None = None


@dataclass(frozen=True)
class Quality:
    """One measurement that somebody can repeat with `command`."""

    dataset: str
    metric: str
    value: float
    date: str
    command: str


@dataclass(frozen=True)
class Preset:
    """What a training of the module on one kind of data is begun with.

    Attributes
    ----------
    name, title : str
        Unique in the module; for people.
    recipe : mapping or None
        As JSON; None: the data are a feature set, or the module's default recipe is taken.
    parameters : mapping
        Of the training; others stay as they are by default.
    """

    name: str
    title: str
    recipe: Mapping[str, Any] | None
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Module:
    """A published method.

    Attributes
    ----------
    name : str
        Its folder's name; also the DEEPaaS model's and the entry point's.
    version : str
        Semantic version.
    entry : str
        ``batch`` (has our batch entry) or ``deepaas`` (any DEEPaaS V2 module).
    extras : tuple of str
        Extras of the project's package that its image installs.
    bases : mapping
        ``training`` and ``serving``: what the image stands on, of `vocabulary.BASES`.
    spectral : Spectral
        Which spectra it is for.
    citation : str
        BibTeX.
    quality : tuple of Quality
        Newest last, as in the file.
    metadata : mapping
        The AI4 part of the file as it stands there, unknown keys included.
    warnings : tuple of str
        What is allowed but probably a mistake.
    folder : Path or None
        Where it was loaded from.
    """

    name: str
    version: str
    entry: str
    extras: tuple[str, ...]
    spectral: Spectral
    citation: str
    quality: tuple[Quality, ...]
    metadata: Mapping[str, Any] = field(repr=False)
    warnings: tuple[str, ...] = ()
    #: As `resources`, of what is good to have: forms start from it.
    recommended: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    #: Names of the metrics that tell most of a model, the first before all: pages show them first.
    headline: tuple[str, ...] = ()
    folder: Path | None = None
    bases: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(("training", "serving"), "plain"))
    #: Kinds of container nodes that it claims to run on.
    nodes: tuple[str, ...] = vocabulary.NODES
    presets: tuple[Preset, ...] = ()

    @classmethod
    def load(cls, folder: Path) -> Module:
        """Return the module that a folder describes.

        Parameters
        ----------
        folder : Path
            The folder with ``module.yaml``, or else ``ai4-metadata.yml``; its name must be the module's.

        Returns
        -------
        Module
            The module's metadata.

        Raises
        ------
        BadDocument
            If the file is missing, no YAML, or not valid; with every problem in it.
        """
        path = file_of(folder)
        document = read_document(path)
        try:
            module = cls.from_document(document, folder.name)
        except ValidationError as error:
            raise BadDocument(path, sorted(schema.problems(error.messages))) from error
        if module.name != folder.name:
            problem = f"huggins.name: Is {module.name!r}, but the folder is {folder.name!r}; make them equal."
            raise BadDocument(path, [problem])
        return cls(**{**vars(module), "folder": folder})

    @classmethod
    def from_document(cls, document: Mapping[str, Any], name: str) -> Module:
        """Make a module of a parsed file.

        Parameters
        ----------
        document : mapping
            Everything in the file.
        name : str
            For a module of somebody else, which has no key ``huggins`` to say it.

        Raises
        ------
        marshmallow.ValidationError
            With every problem.
        """
        loaded = schema.ModuleSchema().load(document)
        foreign = {"name": name, "version": "0.0.0", "entry": "deepaas"}
        ours = loaded.get("huggins") or schema.HugginsSchema().load(foreign)
        return cls(
            name=ours["name"],
            version=ours["version"],
            entry=ours["entry"],
            extras=tuple(ours["extras"]),
            bases=ours["bases"],
            spectral=_spectral(ours["spectral"]),
            citation=ours["citation"].strip(),
            quality=tuple(Quality(**row) for row in ours["quality"]),
            metadata={key: value for key, value in document.items() if key != "huggins"},
            warnings=tuple(schema.unknown_keys(document)),
            recommended=ours["recommended"],
            headline=tuple(ours["headline"]),
            nodes=tuple(ours["nodes"]),
            presets=tuple(Preset(**row) for row in ours["presets"]),
        )

    def preset(self, name: str) -> Preset | None:
        """Return the preset of a name, or None."""
        return next((preset for preset in self.presets if preset.name == name), None)

    @property
    def title(self) -> str:
        """Name for people."""
        return str(self.metadata["title"])

    @property
    def summary(self) -> str:
        """One line."""
        return str(self.metadata["summary"])

    @property
    def description(self) -> str:
        """Markdown, from the publisher: to be shown without its HTML."""
        return str(self.metadata["description"])

    @property
    def license(self) -> str:
        """SPDX name of the licence, empty if the file does not say."""
        return str(self.metadata.get("license", ""))

    @property
    def links(self) -> Mapping[str, str]:
        """Addresses by AI4's names; an image may be named instead of its page."""
        links: Mapping[str, str] = self.metadata["links"]
        return links

    @property
    def serves_apart(self) -> bool:
        """Whether the image that serves is another than the one that trains: ``NAME-serve``."""
        return self.bases["training"] != self.bases["serving"]

    @property
    def image(self) -> str:
        """Name of the image of a module of somebody else; "" where its file names none, and for ours."""
        named = self.links.get("docker_image", "")
        return named if self.entry == "deepaas" and is_image(named) else ""

    @property
    def dates(self) -> Mapping[str, str]:
        """``created`` and ``updated``, YYYY-MM-DD; empty if the file does not say."""
        return self.metadata.get("dates") or {}

    @property
    def resources(self) -> Mapping[str, Mapping[str, float]]:
        """Least resources for ``training`` and ``inference`` by AI4's names, where the file says."""
        return self.metadata.get("resources") or {}

    @property
    def tags(self) -> tuple[str, ...]:
        """The publisher's own words."""
        return tuple(self.metadata["tags"])

    @property
    def tasks(self) -> tuple[str, ...]:
        """Of `vocabulary.TASKS`."""
        return tuple(self.metadata["tasks"])

    @property
    def categories(self) -> tuple[str, ...]:
        """Of `vocabulary.CATEGORIES`."""
        return tuple(self.metadata["categories"])

    @property
    def libraries(self) -> tuple[str, ...]:
        """Of `vocabulary.LIBRARIES`."""
        return tuple(self.metadata["libraries"])

    @property
    def data_types(self) -> tuple[str, ...]:
        """Of `vocabulary.DATA_TYPES`."""
        return tuple(self.metadata.get("data-type") or ())

    @property
    def trainable(self) -> bool:
        """Whether people may train it on their own spectra."""
        return vocabulary.TRAINABLE in self.categories


def local_name(name: str) -> str:
    """Return the name of a module in its image: without the namespace of its publisher."""
    return name.rpartition("/")[2]


def file_of(folder: Path) -> Path:
    """Return the file that describes the module of a folder, `FILE` where there is none."""
    ours, theirs = folder / FILE, folder / AI4_FILE
    return theirs if theirs.is_file() and not ours.exists() else ours


def _spectral(loaded: Mapping[str, Any]) -> Spectral:
    wavelength, resolution, training_set = loaded["wavelength"], loaded["resolution"], loaded["training_set"]
    scale = vocabulary.ANGSTROMS[wavelength["unit"]] if wavelength else 1.0
    return Spectral(
        wavelength=(wavelength["minimum"] * scale, wavelength["maximum"] * scale) if wavelength else None,
        resolution=(resolution["minimum"], resolution["maximum"]) if resolution else None,
        frame=loaded["frame"],
        instruments=tuple(loaded["instruments"]),
        normalisation=loaded["normalisation"],
        training_set=TrainingSet(**training_set) if training_set else None,
    )
