"""Whether a model can be asked about a dataset: the same answer for pages, API and command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.base.errors import FieldError, Invalid, NotFound, Unavailable
from dashboard.base.parameter_values import validate_parameters
from dashboard.base.resources import Resources
from dashboard.data.curves.preview_service import PreviewService
from dashboard.jobs.folder.inputs import JobInputs
from dashboard.jobs.request import CheckedRequest, JobRequest
from dashboard.jobs.submit.check import JobCheck
from dashboard.jobs.submit.needs import resource_errors
from dashboard.jobs.submit.request_errors import dataset_errors, retry_of, text_errors
from dashboard.models.model import Model
from dashboard.models.store import ModelStore
from dashboard.modules.registry import Modules
from dashboard.settings import JobsSettings

#: Parameters of a call (contracts.md, section 4): what it is about, and how it is answered.
OF_CALLS = frozenset({"data", "include_spectra"})


class PredictionCheck:
    """Checks requests that name a model.

    Parameters
    ----------
    jobs
        Knows what all jobs have in common.
    models, modules, inputs, previews
        The platform's.
    settings
        What a job gets when nothing is said.
    """

    def __init__(
        self,
        jobs: JobCheck,
        *,
        models: ModelStore,
        modules: Modules,
        inputs: JobInputs,
        previews: PreviewService,
        settings: JobsSettings,
    ) -> None:
        self._jobs = jobs
        self._models = models
        self._modules = modules
        self._inputs = inputs
        self._previews = previews
        self._settings = settings

    async def require(self, request: JobRequest, identity: Identity = SYSTEM) -> CheckedRequest:
        """Return the checked request.

        Parameters
        ----------
        request : JobRequest
            Names the model and the dataset.
        identity : Identity
            Whose job it is; nodes that the identity may not see do not exist for it.

        Raises
        ------
        Invalid
            With everything that is wrong, by field: ``dataset``, ``node``, ``label``, ``note``, ``module``,
            ``parameters.NAME``, ``resources.NAME``.
        NotFound
            If there is no such model.
        """
        model = await self._models.get(request.model, identity)
        errors = text_errors(request) + await self._jobs.module_errors(model.module, identity)
        parameters = await self._parameters(model, request, errors)
        dataset = await self._inputs.dataset(request.dataset) if request.dataset else None
        wrong = dataset_errors(request.dataset, dataset, labels=False)
        if not wrong and (why := await self._misfit(model, request.dataset)):
            wrong = [FieldError("dataset", f"The model cannot be asked about it: {why}")]
        resources = self._recommended(model).changed(request.resources)
        resources = self._modules.isolation(model.module, resources)
        errors += wrong + resource_errors(resources)
        errors += self._jobs.node_errors(request.node, resources, identity)
        retry = retry_of(request, errors)
        if errors or dataset is None:
            told = "; ".join(f"{error.field}: {error.message}" for error in errors)
            raise Invalid(f"This cannot be predicted. {told}", errors)
        return CheckedRequest(
            replace(request, module=model.module),
            parameters,
            model.card.get("recipe"),
            resources,
            dataset.input,
            model.module_version,
            action="predict",
            retry=retry,
            model=model.id,
        )

    async def _parameters(
        self, model: Model, request: JobRequest, errors: list[FieldError]
    ) -> Mapping[str, Any]:
        try:
            description = await self._modules.descriptions.of(model.module)
        except (NotFound, Unavailable) as error:
            errors.append(FieldError("module", error.detail))
            return {}
        if description.get("kind") != "huggins":
            text = "This module comes from elsewhere: deploy the model and send the spectra to it."
            errors.append(FieldError("module", text))
        described = [one for one in description["predict"] if one["name"] not in OF_CALLS]
        parameters, wrong = validate_parameters(described, request.parameters)
        errors += wrong
        return parameters

    async def _misfit(self, model: Model, dataset: str) -> str:
        grid = model.card.get("wavelength")
        wavelength = grid if isinstance(grid, list) else None
        return await self._previews.misfit(dataset, self._models.folder(model.id), wavelength)

    def _recommended(self, model: Model) -> Resources:
        """Return what the module's publisher says that asking it needs, completed from the settings."""
        try:
            said = self._modules.get(model.module).resources.get("inference", {})
        except NotFound:
            said = {}
        return Resources(
            cpus=float(said.get("cpu") or self._settings.cpus),
            memory_mb=int(said.get("memory_MB") or self._settings.memory_mb),
            gpus=int(said.get("gpu") or 0),
            walltime_s=self._settings.walltime_s,
        )
