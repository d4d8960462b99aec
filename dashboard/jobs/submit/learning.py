"""Whether a round of active learning can be run: what its module, parameters, pool and resources must be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.base.errors import FieldError, Invalid, NotFound, Unavailable
from dashboard.base.parameter_values import validate_parameters
from dashboard.jobs.folder.inputs import JobInputs
from dashboard.jobs.request import CheckedRequest, JobRequest
from dashboard.jobs.submit.check import JobCheck
from dashboard.jobs.submit.needs import resource_errors
from dashboard.jobs.submit.request_errors import dataset_errors, recipe_errors, retry_of, text_errors
from dashboard.modules.registry import Modules

ACTION = "learn"


class LearningCheck:
    """Checks requests of rounds.

    Parameters
    ----------
    jobs : JobCheck
        Knows what all jobs have in common.
    modules : Modules
        The platform's.
    inputs : JobInputs
        Knows the pools.
    """

    def __init__(self, jobs: JobCheck, *, modules: Modules, inputs: JobInputs) -> None:
        self._jobs, self._modules, self._inputs = jobs, modules, inputs

    async def require(
        self, request: JobRequest, learning: Mapping[str, Any], identity: Identity = SYSTEM
    ) -> CheckedRequest:
        """Return the checked request.

        Parameters
        ----------
        request : JobRequest
            Its dataset is the pool, which needs no labels.
        learning : mapping
            Session, round, labels and settings, for the job's input.
        identity : Identity
            Whose job it is.

        Raises
        ------
        Invalid
            With everything that is wrong, by field.
        """
        errors = text_errors(request) + await self._jobs.module_errors(request.module, identity)
        description = await self._description(request.module, errors)
        dataset = await self._inputs.dataset(request.dataset) if request.dataset else None
        errors += dataset_errors(request.dataset, dataset, labels=False)
        parameters, recipe = dict(request.parameters), request.recipe
        if description is not None:
            parameters, wrong = validate_parameters(description["train"], parameters)
            errors += wrong + _class_errors(description, parameters)
            if recipe is None and dataset is not None and dataset.input.kind == "spectra":
                recipe = description.get("default_recipe")
        errors += recipe_errors(recipe)
        resources = self._jobs.defaults(request.module).changed(request.resources)
        if description is not None:
            resources = self._modules.isolation(request.module, resources)
        errors += resource_errors(resources)
        errors += self._jobs.node_errors(request.node, resources, identity)
        retry = retry_of(request, errors)
        if errors or dataset is None:
            told = "; ".join(f"{error.field}: {error.message}" for error in errors)
            raise Invalid(f"This cannot be run. {told}", errors)
        return CheckedRequest(
            request,
            parameters,
            recipe,
            resources,
            replace(dataset.input, learning=dict(learning)),
            self._modules.get(request.module).version,
            action=ACTION,
            retry=retry,
        )

    async def _description(self, module: str, errors: list[FieldError]) -> Mapping[str, Any] | None:
        try:
            found = await self._modules.descriptions.of(module)
        except (NotFound, Unavailable) as error:
            errors.append(FieldError("module", error.detail))
            return None
        if found.get("kind") != "huggins":
            errors.append(FieldError("module", "This module comes from elsewhere, and cannot run a round."))
        elif not found.get("needs_labels"):
            errors.append(
                FieldError("module", "This module does not learn from labels: choose one that does.")
            )
        return found


def _class_errors(description: Mapping[str, Any], parameters: Mapping[str, Any]) -> list[FieldError]:
    """Return why a module would not learn classes."""
    if description.get("named_numbers") and not description.get("number_labels"):
        return [FieldError("module", "This module learns numbers, a session classes: choose another.")]
    return [
        FieldError(f"parameters.{name}", "A session learns classes, and this makes the module learn numbers.")
        for name, values in (description.get("number_labels") or {}).items()
        if parameters.get(name) in values
    ]
