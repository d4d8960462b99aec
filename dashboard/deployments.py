"""Deployments as the pages and the API know them: from a person's wish to what the deploy service keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashboard import clock
from dashboard.errors import Conflict, FieldError, Invalid, NotFound, ServiceError
from dashboard.jobs.job import Resources
from dashboard.live import Live
from dashboard.models.store import Model, ModelStore
from dashboard.modules.registry import Modules
from dashboard.nodes.registry import Nodes
from deploy.deployment import Deployment, DeploymentError, NameTaken, Situation, UnknownDeployment
from deploy.proxy import Proxy
from deploy.service import DeployService
from deploy.store import Database, DeploymentStore

SERVING = Resources(cpus=1, memory_mb=2048)  # what a replica gets when nothing is said
KEYS = frozenset({"name", "model", "job", "module", "node", "resources"})


class Deployments:
    """Makes deployments of models and modules, and lists them.

    Parameters
    ----------
    database, models, modules, nodes, live
        The platform's.
    folder
        Working folders of the replicas go below it.
    owner
        The platform's label on its containers.
    """

    def __init__(
        self,
        database: Database,
        *,
        models: ModelStore,
        modules: Modules,
        nodes: Nodes,
        live: Live,
        folder: Path,
        owner: str,
    ) -> None:
        self._models = models
        self._modules = modules
        self._nodes = nodes
        self._live = live
        self._store = DeploymentStore(database)
        self.service = DeployService(self._store, self._launcher_of, folder, owner, self._changed)
        models.deployed = self._store.of_model

    @property
    def proxy(self) -> Proxy:
        """Hands calls on to the replicas."""
        return self.service.proxy

    async def start(self) -> None:
        """Take up what should be on the air."""
        await self.service.start()

    async def stop(self) -> None:
        """Stop the replicas, as nobody could reach them; they come back at the next start."""
        await self.service.close(stop_replicas=True)

    async def create(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Put a model on the air.

        Parameters
        ----------
        wish
            ``{"name"?, "model" | "job" | "module", "node"?, "resources"?}``: a model by its id, or
            the one that a job made, or the one that a module's image brings itself.

        Raises
        ------
        Invalid
            With the fields that are wrong.
        Conflict
            If the name is taken.
        NotFound
            If there is no such model, job or module.
        """
        if unknown := wish.keys() - KEYS:
            errors = [FieldError(key, "is not known here") for key in sorted(unknown)]
            raise Invalid("This is not a deployment.", errors)
        model = await self._model(wish)
        resources = Resources.from_json(wish.get("resources") or SERVING.to_json())
        node = self._node(str(wish.get("node") or "any"), resources)
        try:
            plain = await (
                self._of_model(model, node) if model else self._of_module(str(wish["module"]), node)
            )
            name = str(wish.get("name") or plain.name)
            await self.service.create(replace(plain, name=name, settings=resources.to_json()))
        except NameTaken as error:
            raise Conflict(str(error), [FieldError("name", str(error))]) from error
        except DeploymentError as error:
            raise Invalid(str(error), [FieldError("name", str(error))]) from error
        return self.get(name)

    def list(self) -> list[dict[str, Any]]:
        """Return all, by name."""
        return [_json(deployment, situation) for deployment, situation in self.service.all()]

    def get(self, name: str) -> dict[str, Any]:
        """Return one; `NotFound`."""
        try:
            return _json(*self.service.get(name))
        except UnknownDeployment as error:
            raise NotFound(str(error)) from error

    async def enable(self, name: str, *, enabled: bool) -> dict[str, Any]:
        """Put one on the air or take it off; `NotFound`."""
        self.get(name)
        await self.service.enable(name, enabled)
        return self.get(name)

    async def delete(self, name: str) -> None:
        """Take one off the air and forget it; `NotFound`."""
        self.get(name)
        await self.service.delete(name)
        self._changed(name)

    async def log(self, name: str, lines: int = 200) -> str:
        """Return the last lines that its replica wrote; `NotFound`."""
        self.get(name)
        return await self.service.log_tail(name, lines)

    async def _model(self, wish: Mapping[str, Any]) -> Model | None:
        if wish.get("model"):
            return await self._models.get(str(wish["model"]))
        if wish.get("job"):
            model = await self._models.of_job(str(wish["job"]))
            if model is None:
                raise NotFound(f"job {wish['job']} made no model")
            return model
        if not wish.get("module"):
            message = "say which model, job or module is to be put on the air"
            raise Invalid("Nothing to deploy.", [FieldError("model", message)])
        return None

    async def _of_model(self, model: Model, node: str) -> Deployment:
        return Deployment(
            name=_suggested(model.module, model.id),
            module=model.module,
            module_version=model.module_version,
            image=model.image,
            node=node,
            created=clock.now(),
            model=model.id,
            model_folder=self._models.folder(model.id),
            entry=self._modules.get(model.module).entry,
        )

    async def _of_module(self, name: str, node: str) -> Deployment:
        module = self._modules.get(name)
        await self._modules.description(name)  # the image by digest is known once it was asked
        return Deployment(
            name=_suggested(name, "own"),
            module=name,
            module_version=module.version,
            image=self._modules.described(name).image,
            node=node,
            created=clock.now(),
            entry=module.entry,
        )

    def _node(self, wanted: str, resources: Resources) -> str:
        place = self._nodes.place(wanted, resources)
        if place is not None:
            return place
        fits = self._nodes.fits(resources)
        reasons = {name: why for name, why in fits.items() if wanted in ("any", name)}
        for name, why in reasons.items():
            if not why:  # full just now; a replica waits for nobody, so the node is a little overbooked
                return name
        errors = [FieldError("node", f"{name}: {', '.join(why)}") for name, why in reasons.items()]
        raise Invalid(
            "No node can run it." if wanted == "any" else f"{wanted} cannot run it.",
            errors or [FieldError("node", f"there is no node named {wanted}")],
        )

    def _launcher_of(self, node: str) -> Any:
        try:
            return self._nodes.launcher(node)
        except ServiceError as error:
            raise LookupError(str(error)) from error

    def _changed(self, name: str) -> None:
        try:
            data = self.get(name)
        except NotFound:
            data = {"name": name, "condition": "deleted"}
        self._live.publish("deployments", "condition", data)
        self._live.publish(f"deployment:{name}", "condition", data)


def _suggested(module: str, of: str) -> str:
    text = re.sub(r"[^a-z0-9]+", "-", f"{module}-{of}".lower()).strip("-")
    return text[:40].rstrip("-")


def _json(deployment: Deployment, situation: Situation) -> dict[str, Any]:
    return {
        "name": deployment.name,
        "module": deployment.module,
        "module_version": deployment.module_version,
        "image": deployment.image,
        "model": deployment.model,
        "node": deployment.node,
        "enabled": deployment.enabled,
        "created": deployment.created,
        "resources": deployment.settings,
        "condition": str(situation.condition),
        "reason": situation.reason,
        "since": situation.since,
        "restarts": situation.restarts,
        "address": f"/deployments/{deployment.name}",
        "predict": f"/predict/{deployment.name}",
    }
