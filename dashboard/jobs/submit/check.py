"""Whether a request can be run: the same answer for the form, the API and the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from catalog import Module
from dashboard.auth.identity import SYSTEM, Identity
from dashboard.base.errors import FieldError, Invalid, NotFound, Unavailable
from dashboard.base.parameter_values import validate_parameters
from dashboard.base.resources import Resources
from dashboard.base.untrusted_folder import readable
from dashboard.jobs.folder.inputs import JobInputs
from dashboard.jobs.folder.job_dataset import JobDataset
from dashboard.jobs.request import CheckedRequest, JobRequest
from dashboard.jobs.retry_policy import RetryPolicy
from dashboard.jobs.store.jobs import needs_of
from dashboard.jobs.submit.start import FIELD as START
from dashboard.jobs.submit.start import kept_parameters, start_errors
from dashboard.jobs.submit.third_party import NOTHING, is_third_party, third_party_errors, with_dataset
from dashboard.jobs.submit.training_labels import (
    excluding,
    exclusion_errors,
    number_errors,
    object_errors,
    object_notes,
)
from dashboard.models.model import Model
from dashboard.models.store import ModelStore
from dashboard.modules.registry import Modules
from dashboard.nodes.ranking import ANY, no_node_fits
from dashboard.nodes.registry import Nodes
from dashboard.quotas.quota import Balance
from dashboard.quotas.restriction import RestrictionStore
from dashboard.quotas.service import Quotas
from dashboard.settings import JobsSettings
from launchers.spec import MOST_PARTS
from spectra import Recipe, RecipeError

LABEL_LENGTH = 200
NOTE_LENGTH = 20_000
MEMORY_LEAST_MB = 64


@dataclass(frozen=True)
class Checked:
    """What the form shows.

    Attributes
    ----------
    errors : tuple of FieldError
        By field: ``module``, ``dataset``, ``label_version``, ``start``, ``excluded``, ``node``, ``label``,
        ``note``, ``parameters.NAME``, ``recipe``, ``recipe.STEP.NAME``, ``resources.NAME``.
    nodes : Mapping
        Node to the reasons why it cannot run it, or not now (an empty list: it can).
    classes : Mapping
        Label to how many spectra, of the whole dataset.
    resources : Resources
        What it would get.
    parameters : Mapping
        Complete, as far as they are right.
    request : CheckedRequest or None
        None when there are errors.
    notes : tuple of str
        What the person should know before it runs, such as objects with several spectra.
    quotas : tuple of Balance
        What it needs of each quota that limits it; one that is exceeded does not allow it.
    """

    errors: tuple[FieldError, ...]
    nodes: Mapping[str, list[str]]
    classes: Mapping[str, int]
    resources: Resources
    parameters: Mapping[str, Any]
    request: CheckedRequest | None
    notes: tuple[str, ...] = ()
    quotas: tuple[Balance, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return ``{"ok", "errors", "nodes", "classes", "resources", "parameters", "notes", "quotas"}``."""
        return {
            "ok": self.request is not None and not any(one.exceeded for one in self.quotas),
            "errors": [error.to_json() for error in self.errors],
            "nodes": dict(self.nodes),
            "classes": dict(self.classes),
            "resources": asdict(self.resources),
            "parameters": dict(self.parameters),
            "notes": list(self.notes),
            "quotas": [one.to_json() for one in self.quotas],
        }


class JobCheck:
    """Checks requests.

    Parameters
    ----------
    modules, inputs, nodes, models
        The platform's.
    settings : JobsSettings
        What a job gets when nothing is said.
    quotas : Quotas, optional
        Says what of the quotas a job would need; creating it checks them again.
    restrictions : RestrictionStore, optional
        Says who may use which module; None: everybody.
    """

    def __init__(
        self,
        modules: Modules,
        inputs: JobInputs,
        nodes: Nodes,
        *,
        models: ModelStore,
        settings: JobsSettings,
        quotas: Quotas | None = None,
        restrictions: RestrictionStore | None = None,
    ) -> None:
        self._quotas = quotas
        self._restrictions = restrictions
        self._modules = modules
        self._models = models
        self._inputs = inputs
        self._nodes = nodes
        self._settings = settings

    async def check(self, request: JobRequest, identity: Identity = SYSTEM) -> Checked:
        """Say everything that is wrong at once."""
        errors = text_errors(request)
        module, description = await self._module(request.module, errors)
        errors += await self.module_errors(request.module, identity)
        if module is not None and description is not None and is_third_party(description):
            return await self._third_party(request, identity, module, description, errors)
        return await self._method(request, identity, module, description, errors)

    async def _method(
        self,
        request: JobRequest,
        identity: Identity,
        module: Module | None,
        description: Mapping[str, Any] | None,
        errors: list[FieldError],
    ) -> Checked:
        whole = await self._dataset(request, identity, errors)
        dataset = whole
        labels = bool(description and description.get("needs_labels"))
        if dataset is not None and (wrong := exclusion_errors(dataset, request.excluded)):
            errors += wrong
        elif dataset is not None:
            dataset = excluding(dataset, request.excluded)
        errors += dataset_errors(request.dataset, dataset, labels)
        parameters, recipe = dict(request.parameters), request.recipe
        start = await self._start(request.start, identity, errors)
        if description is not None:
            given = request.parameters if start is None else kept_parameters(description, start, parameters)
            parameters, wrong = validate_parameters(description["train"], given)
            errors += wrong
            if start is not None:
                errors += await asyncio.to_thread(
                    start_errors,
                    start,
                    description,
                    parameters,
                    module=request.module,
                    recipe=recipe,
                    dataset=dataset,
                )
            if dataset is not None:
                errors += number_errors(description, parameters, dataset)
                if labels and len(dataset.classes) > 1:
                    objects = await self._inputs.training_objects(dataset)
                    errors += object_errors(description, parameters, objects)
            if recipe is None and dataset is not None and dataset.input.kind == "spectra":
                recipe = description.get("default_recipe") if start is None else start.card.get("recipe")
        errors += await asyncio.to_thread(recipe_errors, recipe)
        resources = self._recommended(module).changed(request.resources)
        if module is not None:
            resources = self._modules.isolation(module.name, resources)
        errors += resource_errors(resources) + _part_errors(resources.parts, description, dataset)
        errors += _least_errors(module, resources)
        errors += self.node_errors(request.node, resources, identity)
        retry = retry_of(request, errors)
        checked = None
        if not errors and module is not None and dataset is not None:
            checked = CheckedRequest(
                request,
                parameters,
                recipe,
                resources,
                dataset.input,
                module.version,
                retry=retry,
                model=None if start is None else start.id,
            )
        return Checked(
            tuple(errors),
            self._nodes.fits(resources, identity),
            whole.classes if whole else {},
            resources,
            parameters,
            checked,
            tuple(object_notes(await self._inputs.objects(whole))) if whole and labels else (),
            tuple(await self._needed(request, resources, identity)),
        )

    async def _dataset(
        self, request: JobRequest, identity: Identity, errors: list[FieldError]
    ) -> JobDataset | None:
        """Return the dataset, with the labels of the version that is named."""
        found = await self._inputs.dataset(request.dataset) if request.dataset else None
        if found is None or not request.label_version or self._inputs.versions is None:
            return found
        found, wrong = await self._inputs.versions.labelled(found, request.label_version, identity)
        errors += wrong
        return found

    async def _third_party(
        self,
        request: JobRequest,
        identity: Identity,
        module: Module,
        description: Mapping[str, Any],
        errors: list[FieldError],
    ) -> Checked:
        dataset = await self._inputs.dataset(request.dataset) if request.dataset else None
        given = with_dataset(description, request.parameters) if dataset else request.parameters
        parameters, wrong = validate_parameters(description["train"], given)
        errors += wrong
        errors += third_party_errors(
            description,
            parameters,
            asked=request.dataset,
            dataset=dataset,
            excluded=request.excluded,
            start=request.start,
        )
        resources = self._recommended(module).changed(request.resources)
        resources = self._modules.isolation(module.name, resources)
        errors += resource_errors(resources) + _part_errors(resources.parts, description, None)
        errors += _least_errors(module, resources)
        errors += self.node_errors(request.node, resources, identity)
        retry = retry_of(request, errors)
        told = dataset.input if dataset else NOTHING
        version = module.version
        checked = CheckedRequest(request, parameters, None, resources, told, version, retry=retry)
        return Checked(
            tuple(errors),
            self._nodes.fits(resources, identity),
            {},
            resources,
            parameters,
            None if errors else checked,
            quotas=tuple(await self._needed(request, resources, identity)),
        )

    async def _needed(self, request: JobRequest, resources: Resources, identity: Identity) -> list[Balance]:
        if self._quotas is None or identity is SYSTEM:
            return []
        limits = await self._quotas.limits(identity.user, request.project or None)
        return await self._quotas.balances(limits, needs_of(resources))

    async def require(self, request: JobRequest, identity: Identity = SYSTEM) -> CheckedRequest:
        """Return a request that can be run.

        Parameters
        ----------
        request : JobRequest
            What is asked for.
        identity : Identity
            Whose job it is.

        Returns
        -------
        CheckedRequest
            The request with its defaults filled in.

        Raises
        ------
        Invalid
            If it cannot be run; with all errors by field.
        """
        checked = await self.check(request, identity)
        if checked.request is None:
            wrong = "; ".join(f"{error.field}: {error.message}" for error in checked.errors)
            raise Invalid(f"This cannot be run. {wrong}", checked.errors)
        return checked.request

    async def _start(self, model: str, identity: Identity, errors: list[FieldError]) -> Model | None:
        if not model:
            return None
        try:
            return await self._models.get(model, identity)
        except NotFound as error:
            errors.append(FieldError(START, error.detail))
            return None

    async def _module(
        self, name: str, errors: list[FieldError]
    ) -> tuple[Module | None, Mapping[str, Any] | None]:
        try:
            module = self._modules.get(name)
            return module, await self._modules.description(name)
        except (NotFound, Unavailable) as error:
            errors.append(FieldError("module", error.detail))
            return None, None

    def starting(self, module: Module) -> Resources:
        """Return the resources that a form starts from: recommended, else least, else the settings'."""
        return self._recommended(module)

    def defaults(self, module: str) -> Resources:
        """Return the same for the name of a module; of an unknown one those of the settings."""
        try:
            return self._recommended(self._modules.get(module))
        except NotFound:
            return self._recommended(None)

    def least(self, module: Module) -> dict[str, float]:
        """Return what the module needs at least to train, by field of `Resources`; 0: not said."""
        return _least(module)

    def _recommended(self, module: Module | None) -> Resources:
        """Return what the module's publisher recommends to train it, completed from the settings."""
        least = module.resources.get("training", {}) if module else {}
        said = {**least, **(module.recommended.get("training", {}) if module else {})}
        return Resources(
            cpus=float(said.get("cpu") or self._settings.cpus),
            memory_mb=int(said.get("memory_MB") or self._settings.memory_mb),
            gpus=int(said.get("gpu") or 0),
            walltime_s=self._settings.walltime_s,
        )

    async def module_errors(self, module: str, identity: Identity) -> list[FieldError]:
        """Return why an identity may not use a module; empty where it may."""
        error = await self._restrictions.error(module, identity) if self._restrictions else None
        return [] if error is None else [error]

    def node_errors(self, node: str, needs: Resources, identity: Identity = SYSTEM) -> list[FieldError]:
        """Return why no node, or not the named one, can run a job.

        Parameters
        ----------
        node : str
            Name of the only node, or ``any``.
        needs : Resources
            What the job needs.
        identity : Identity
            Whose job it is; nodes that the identity may not see do not exist for it.
        """
        visible = self._nodes.list(identity)
        if node != ANY and not self._nodes.has(node, identity):
            names = ", ".join([ANY, *(known.name for known in visible)])
            return [FieldError("node", f"There is no node {node}; there are {names}.")]
        asked = [known for known in visible if node in (ANY, known.name)]
        allowed = [known for known in asked if known.restriction.allows(identity)]
        if asked and not allowed:
            why = "; ".join(f"{known.name} {known.restriction.words()}" for known in asked)
            return [FieldError("node", f"You may not use {'any node' if node == ANY else 'it'}: {why}.")]
        return no_node_fits(node, allowed, needs)


def retry_of(request: JobRequest, errors: list[FieldError]) -> dict[str, Any] | None:
    """Return what is asked for about trying again; what is wrong with it goes into `errors`."""
    try:
        policy = RetryPolicy.from_json(request.retry)
    except ValueError as error:
        errors.append(FieldError("retry", f"{error}."))
        return None
    return policy.to_json() if policy else None


def _least_errors(module: Module | None, needs: Resources) -> list[FieldError]:
    """Hold the module's publisher's minimum against what is asked for."""
    least = _least(module)
    rows = (
        ("cpus", needs.cpus, "processors"),
        ("memory_mb", needs.memory_mb, "MB of memory"),
        ("gpus", needs.gpus, "GPUs"),
    )
    return [
        FieldError(f"resources.{name}", f"This module needs at least {least[name]:g} {words}.")
        for name, asked, words in rows
        if least[name] and asked < least[name]
    ]


def _least(module: Module | None) -> dict[str, float]:
    """Return what a module needs at least to train, by field of `Resources`; 0: not said."""
    said = module.resources.get("training", {}) if module else {}
    names = {"cpus": "cpu", "memory_mb": "memory_MB", "gpus": "gpu"}
    return {name: said.get(key) or 0 for name, key in names.items()}


def text_errors(request: JobRequest) -> list[FieldError]:
    """Return what is wrong with the texts for people."""
    limits = (("label", request.label, LABEL_LENGTH), ("note", request.note, NOTE_LENGTH))
    return [
        FieldError(name, f"Must have at most {most} letters, and none that cannot be shown.")
        for name, text, most in limits
        if len(text) > most or readable(text) != text
    ]


def dataset_errors(name: str, dataset: JobDataset | None, labels: bool) -> list[FieldError]:
    """Return why a dataset cannot be used by a job.

    Parameters
    ----------
    name : str
        The id that the request gives; empty: none was chosen.
    dataset : JobDataset or None
        The dataset, or None where there is none of that id.
    labels : bool
        Whether the module needs labels.

    Returns
    -------
    list of FieldError
        For the field ``dataset``; empty where it can be used.
    """
    if dataset is None:
        said = f"There is no dataset {name}; it may have been deleted." if name else "Choose a dataset."
        return [FieldError("dataset", said)]
    if dataset.state != "ready":
        why = f": {dataset.reason}" if dataset.reason else ""
        return [FieldError("dataset", f"It is not ready to be used ({dataset.state}{why}).")]
    if not dataset.input.count:
        return [FieldError("dataset", "It holds no spectrum that can be read.")]
    if labels and len(dataset.classes) < 2:
        has = f"has one class only ({next(iter(dataset.classes))})" if dataset.classes else "has no labels"
        return [
            FieldError(
                "dataset", f"This module learns from labels, and the dataset {has}: add labels by CSV."
            )
        ]
    return []


def recipe_errors(recipe: Mapping[str, Any] | None) -> list[FieldError]:
    """Return what is wrong with a recipe; empty where there is none."""
    if recipe is None:
        return []
    try:
        Recipe.from_json(dict(recipe))
    except RecipeError as error:
        field = ".".join(part for part in ("recipe", error.step, error.parameter) if part)
        return [FieldError(field, error.reason)]
    return []


def _part_errors(
    parts: int, description: Mapping[str, Any] | None, dataset: JobDataset | None
) -> list[FieldError]:
    if parts == 1:
        return []
    why = ""
    if not 1 <= parts <= MOST_PARTS:
        why = f"Must be 1 to {MOST_PARTS} parts."
    elif description is not None and description.get("kind") != "huggins":
        why = "This module comes from elsewhere and does not know parts: leave it at 1."
    elif dataset is not None and dataset.input.kind != "spectra":
        why = "A feature set is prepared already, there is nothing to share out: leave it at 1."
    return [FieldError("resources.parts", why)] if why else []


def resource_errors(needs: Resources) -> list[FieldError]:
    """Return what no node could give."""
    errors = []
    if not 0 < needs.cpus <= 4096:
        errors.append(FieldError("resources.cpus", "Must be more than 0 processors."))
    if needs.memory_mb < MEMORY_LEAST_MB:
        errors.append(FieldError("resources.memory_mb", f"Must be at least {MEMORY_LEAST_MB} MB."))
    if needs.gpus < 0:
        errors.append(FieldError("resources.gpus", "Must not be negative."))
    if needs.walltime_s is not None and needs.walltime_s <= 0:
        errors.append(FieldError("resources.walltime_s", "Must be more than 0 seconds."))
    return errors
