"""Checks a deployment request and makes the objects of the deploy service from it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.base import clock
from dashboard.base.errors import FieldError, Invalid, NotFound
from dashboard.base.resources import Resources
from dashboard.models.model import Model
from dashboard.models.store import ModelStore
from dashboard.modules.registry import Modules
from dashboard.nodes.ranking import no_node_fits
from dashboard.nodes.registry import Nodes
from deploy.model.deployment import Access, DeploymentError, Scaling, Version

SERVING = Resources(cpus=1, memory_mb=2048)  # of a replica, where the request names none


class DeploymentRequests:
    """Finds the model, image and nodes that a deployment request names.

    Parameters
    ----------
    models, modules, nodes
        The platform's stores.
    """

    def __init__(self, models: ModelStore, modules: Modules, nodes: Nodes) -> None:
        self._models = models
        self._modules = modules
        self._nodes = nodes

    async def version(
        self, body: Mapping[str, Any], resources: Resources, *, training: bool = False
    ) -> Version:
        """Return the version that serves a model given by its id, the model of a job, or a module's own.

        Parameters
        ----------
        body
            Names ``model``, ``job`` or ``module``.
        resources
            Resources of each replica.
        training
            Whether it also trains, where the request does not say.

        Raises
        ------
        Invalid
            If the request names none of them.
        NotFound
            If there is no such model, job or module.
        """
        model = await self._model(body)
        name = model.module if model else str(body["module"])
        module = self._modules.get(name)
        image = model.image if model else await self._modules.descriptions.deployable_image(name)
        module_version = model.module_version if model else module.version
        trains = training if body.get("training") is None else bool(body["training"])
        if not trains:
            image = await self._modules.images.serving(name, module_version, image)
        return Version(
            number=1,
            module=name,
            module_version=module_version,
            image=image,
            created=clock.now(),
            model=model.id if model else None,
            model_folder=self._models.folder(model.id) if model else None,
            entry=module.entry,
            resources=resources.to_json(),
            training=trains,
        )

    def nodes(
        self,
        body: Mapping[str, Any],
        resources: Resources,
        identity: Identity = SYSTEM,
        *,
        modules: Iterable[str] = (),
    ) -> tuple[str, ...]:
        """Return the nodes that a request names, or the node with the most free resources.

        Parameters
        ----------
        body
            Names ``nodes`` or ``node``.
        resources
            Resources of each replica.
        identity
            Whose deployment it is; nodes that the identity may not see do not exist for it.
        modules
            Names of the modules that it serves.

        Raises
        ------
        Invalid
            If a node cannot run the deployment; with the reasons.
        """
        wanted = body.get("nodes") or [body.get("node") or "any"]
        for module in modules:
            resources = self._modules.isolation(module, resources)
        return tuple(dict.fromkeys(self._node(name, resources, identity) for name in wanted))

    def require_isolation(self, nodes: Sequence[str], module: str) -> None:
        """Return if a module may run on all of some nodes.

        Parameters
        ----------
        nodes
            Names of nodes.
        module
            Name of the module.

        Raises
        ------
        Invalid
            If it is not the platform's own, and one of the nodes has no isolation.
        """
        needs = self._modules.isolation(module, Resources(cpus=0, memory_mb=0))
        found = [name for name in nodes if self._nodes.has(name)]
        wrong = [error for name in found for error in no_node_fits(name, [self._nodes.get(name)], needs)]
        if wrong:
            raise Invalid(wrong[0].message, wrong)

    def _node(self, wanted: str, resources: Resources, identity: Identity) -> str:
        place = self._nodes.place(wanted, resources, identity=identity)
        if place is not None:
            return place
        fits = self._nodes.fits(resources, identity)
        reasons = {name: why for name, why in fits.items() if wanted in ("any", name)}
        for name, why in reasons.items():
            if not why:  # open but full now: replicas do not queue, so the node is overbooked
                return name
        errors = [FieldError("node", f"{name}: {', '.join(why)}") for name, why in reasons.items()]
        raise Invalid(
            "No node can run it." if wanted == "any" else f"{wanted} cannot run it.",
            errors or [FieldError("node", f"there is no node named {wanted}")],
        )

    async def _model(self, body: Mapping[str, Any]) -> Model | None:
        if body.get("model"):
            return await self._models.get(str(body["model"]))
        if body.get("job"):
            model = await self._models.of_job(str(body["job"]))
            if model is None:
                raise NotFound(f"job {body['job']} made no model")
            return model
        if not body.get("module"):
            message = "name the model, job or module to deploy"
            raise Invalid("Nothing to deploy.", [FieldError("model", message)])
        return None


def resources_of(body: Mapping[str, Any], default: Resources = SERVING) -> Resources:
    """Return the resources that a request asks for.

    Parameters
    ----------
    body : mapping
        May name ``resources``, with some of the fields of `Resources`.
    default : Resources
        Gives the fields that the request does not name.

    Returns
    -------
    Resources
        The resources of each replica.

    Raises
    ------
    Invalid
        If no node could have them: no processors, no memory, or a negative number of GPUs.
    """
    found = default.changed(body.get("resources") or {})
    if not (found.cpus > 0 and found.memory_mb > 0 and found.gpus >= 0):
        text = "cpus and memory_mb must be above 0, gpus at least 0"
        raise Invalid("The resources are not valid.", [FieldError("resources", text)])
    return found


def scaling_of(body: Mapping[str, Any], before: Scaling) -> Scaling:
    """Return the scaling that a request asks for.

    Parameters
    ----------
    body : mapping
        May name ``scaling``, with some of the fields of `Scaling`.
    before : Scaling
        Gives the fields that the request does not name.

    Returns
    -------
    Scaling
        The scaling.

    Raises
    ------
    Invalid
        If the fields contradict each other or are out of range.
    """
    try:
        return Scaling.from_json({**before.to_json(), **(body.get("scaling") or {})})
    except DeploymentError as error:
        raise Invalid(f"The scaling is not valid: {error}.", [FieldError("scaling", str(error))]) from error


def access_of(body: Mapping[str, Any], before: Access) -> Access:
    """Return the access of a request, or the previous one."""
    return Access(body.get("access") or before)


def suggested_name(version: Version) -> str:
    """Return the default name of a deployment."""
    text = re.sub(r"[^a-z0-9]+", "-", f"{version.module}-{version.model or 'own'}".lower()).strip("-")
    return text[:40].rstrip("-")
