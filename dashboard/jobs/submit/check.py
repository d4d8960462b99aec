"""Whether a request can be run: the same answer for the form, the API and the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from catalog import Module
from dashboard.auth.identity import SYSTEM, Identity
from dashboard.base.errors import FieldError, Invalid, NotFound, Unavailable
from dashboard.base.parameter_values import validate_parameters
from dashboard.base.resources import Resources
from dashboard.jobs.folder.inputs import JobInputs
from dashboard.jobs.folder.job_dataset import JobDataset
from dashboard.jobs.request import CheckedRequest, JobRequest
from dashboard.jobs.store.admission import needs_of
from dashboard.jobs.submit.checked import Checked
from dashboard.jobs.submit.needs import (
    least_errors,
    least_resources,
    part_errors,
    recommended,
    resource_errors,
)
from dashboard.jobs.submit.request_errors import (
    dataset_errors,
    no_dataset_errors,
    recipe_errors,
    retry_of,
    text_errors,
)
from dashboard.jobs.submit.start import FIELD as START
from dashboard.jobs.submit.start import kept_parameters, start_errors
from dashboard.jobs.submit.third_party import MADE, NOTHING, is_third_party, third_party_errors, with_dataset
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
        made = bool(description and description.get("makes_spectra"))
        whole = None if made else await self._dataset(request, identity, errors)
        labels = bool(description and description.get("needs_labels"))
        dataset = _without_excluded(whole, request, errors)
        if made:
            errors += no_dataset_errors(request)
        else:
            errors += dataset_errors(request.dataset, dataset, labels)
        start = await self._start(request.start, identity, errors)
        parameters, recipe = dict(request.parameters), request.recipe
        if description is not None:
            parameters = await self._parameters(request, description, dataset, start, errors)
            if recipe is None and (made or (dataset is not None and dataset.input.kind == "spectra")):
                recipe = description.get("default_recipe") if start is None else start.card.get("recipe")
        errors += await asyncio.to_thread(recipe_errors, recipe)
        resources = self._resources(request, identity, module, errors)
        errors += part_errors(resources.parts, description, dataset)
        retry = retry_of(request, errors)
        checked = None
        told = MADE if made else None if dataset is None else dataset.input
        if not errors and module is not None and told is not None:
            checked = CheckedRequest(
                request,
                parameters,
                recipe,
                resources,
                told,
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

    async def _parameters(
        self,
        request: JobRequest,
        description: Mapping[str, Any],
        dataset: JobDataset | None,
        start: Model | None,
        errors: list[FieldError],
    ) -> dict[str, Any]:
        """Return all parameters of a training, held against its dataset and the model it starts from."""
        given = (
            request.parameters if start is None else kept_parameters(description, start, request.parameters)
        )
        parameters, wrong = validate_parameters(description["train"], given)
        errors += wrong
        if start is not None:
            errors += await asyncio.to_thread(
                start_errors,
                start,
                description,
                parameters,
                module=request.module,
                recipe=request.recipe,
                dataset=dataset,
            )
        if dataset is not None:
            errors += number_errors(description, parameters, dataset)
            if description.get("needs_labels") and len(dataset.classes) > 1:
                objects = await self._inputs.training_objects(dataset)
                errors += object_errors(description, parameters, objects)
        return parameters

    def _resources(
        self, request: JobRequest, identity: Identity, module: Module | None, errors: list[FieldError]
    ) -> Resources:
        resources = recommended(module, self._settings).changed(request.resources)
        if module is not None:
            resources = self._modules.isolation(module.name, resources)
        errors += resource_errors(resources) + least_errors(module, resources)
        errors += self.node_errors(request.node, resources, identity)
        return resources

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
        resources = self._resources(request, identity, module, errors)
        errors += part_errors(resources.parts, description, None)
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
            return module, await self._modules.descriptions.of(name)
        except (NotFound, Unavailable) as error:
            errors.append(FieldError("module", error.detail))
            return None, None

    def starting(self, module: Module) -> Resources:
        """Return the resources that a form starts from: recommended, else least, else the settings'."""
        return recommended(module, self._settings)

    def defaults(self, module: str) -> Resources:
        """Return the same for the name of a module; of an unknown one those of the settings."""
        try:
            return recommended(self._modules.get(module), self._settings)
        except NotFound:
            return recommended(None, self._settings)

    def least(self, module: Module) -> dict[str, float]:
        """Return what the module needs at least to train, by field of `Resources`; 0: not said."""
        return least_resources(module)

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


def _without_excluded(
    whole: JobDataset | None, request: JobRequest, errors: list[FieldError]
) -> JobDataset | None:
    if whole is None:
        return None
    if wrong := exclusion_errors(whole, request.excluded):
        errors += wrong
        return whole
    return excluding(whole, request.excluded)
