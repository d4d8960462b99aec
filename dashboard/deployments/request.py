"""From what a person asks for to what the deploy service keeps."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from dashboard.base import clock
from dashboard.base.errors import FieldError, Invalid, NotFound
from dashboard.base.resources import Resources
from dashboard.models.store import Model, ModelStore
from dashboard.modules.registry import Modules
from dashboard.nodes.registry import Nodes
from deploy.model.deployment import Access, DeploymentError, Scaling, Version

SERVING = Resources(cpus=1, memory_mb=2048)  # what a replica gets when nothing is said
OF_VERSION = frozenset({"model", "job", "module", "resources"})


class DeploymentRequests:
    """Understands wishes.

    Parameters
    ----------
    models, modules, nodes
        The platform's.
    """

    def __init__(self, models: ModelStore, modules: Modules, nodes: Nodes) -> None:
        self._models = models
        self._modules = modules
        self._nodes = nodes

    async def version(self, wish: Mapping[str, Any], resources: Resources) -> Version:
        """Return the version that serves a model by its id, the one of a job, or a module's own.

        Raises
        ------
        Invalid
            If none of them is named.
        NotFound
            If there is no such model, job or module.
        """
        model = await self._model(wish)
        name = model.module if model else str(wish["module"])
        module = self._modules.get(name)
        if model is None:
            await self._modules.description(name)  # the image by digest is known once it was asked
        return Version(
            number=1,
            module=name,
            module_version=model.module_version if model else module.version,
            image=model.image if model else self._modules.described(name).image,
            created=clock.now(),
            model=model.id if model else None,
            model_folder=self._models.folder(model.id) if model else None,
            entry=module.entry,
            resources=resources.to_json(),
        )

    def nodes(self, wish: Mapping[str, Any], resources: Resources) -> tuple[str, ...]:
        """Return the nodes named, or the one that has most room; `Invalid` with why they cannot run it."""
        wanted = wish.get("nodes") or [wish.get("node") or "any"]
        if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
            raise Invalid("These are no nodes.", [FieldError("nodes", "must be a list of names")])
        return tuple(dict.fromkeys(self._node(name, resources) for name in wanted))

    def _node(self, wanted: str, resources: Resources) -> str:
        place = self._nodes.place(wanted, resources)
        if place is not None:
            return place
        fits = self._nodes.fits(resources)
        reasons = {name: why for name, why in fits.items() if wanted in ("any", name)}
        for name, why in reasons.items():
            if not why:  # open, but full now; a replica waits for nobody: the node is a little overbooked
                return name
        errors = [FieldError("node", f"{name}: {', '.join(why)}") for name, why in reasons.items()]
        raise Invalid(
            "No node can run it." if wanted == "any" else f"{wanted} cannot run it.",
            errors or [FieldError("node", f"there is no node named {wanted}")],
        )

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


def refuse_unknown(wish: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse keys that nobody would read; `Invalid` names them."""
    if unknown := wish.keys() - set(known):
        errors = [FieldError(key, "is not known here") for key in sorted(unknown)]
        raise Invalid("This cannot be understood.", errors)


def resources_of(wish: Mapping[str, Any], default: Resources = SERVING) -> Resources:
    """Return the resources of a wish; `Invalid`."""
    given = wish.get("resources")
    if given is None:
        return default
    if not isinstance(given, Mapping):
        raise Invalid("These are no resources.", [FieldError("resources", "must be an object")])
    try:
        found = Resources.from_json({**default.to_json(), **given})
        if not (found.cpus > 0 and found.memory_mb > 0 and found.gpus >= 0):
            raise ValueError
    except (TypeError, ValueError) as error:
        text = "cpus and memory_mb must be above 0, gpus at least 0"
        raise Invalid("These are no resources.", [FieldError("resources", text)]) from error
    return found


def scaling_of(wish: Mapping[str, Any], before: Scaling) -> Scaling:
    """Return the scaling of a wish: what it does not name stays; `Invalid`."""
    given = wish.get("scaling") or {}
    if not isinstance(given, Mapping):
        raise Invalid("This is no scaling.", [FieldError("scaling", "must be an object")])
    try:
        return Scaling.from_json({**before.to_json(), **given})
    except DeploymentError as error:
        raise Invalid(f"This cannot be the scaling: {error}.", [FieldError("scaling", str(error))]) from error


def access_of(wish: Mapping[str, Any], before: Access) -> Access:
    """Return who may call; `Invalid`."""
    try:
        return Access(wish.get("access") or before)
    except ValueError as error:
        text = f"must be one of {', '.join(Access)}"
        raise Invalid(f"access {text}.", [FieldError("access", text)]) from error


def whole_number(
    wish: Mapping[str, Any], name: str, least: int, most: int, default: int | None = None
) -> int | None:
    """Return a whole number of a wish, also as the text that a form sends; `Invalid`."""
    value = wish.get(name)
    if value is None or value == "":
        return default
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else least - 1
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        text = f"must be a whole number from {least} to {most}"
        raise Invalid(f"{name} {text}.", [FieldError(name, text)])
    return number


def suggested_name(version: Version) -> str:
    """Return the name that a deployment gets when nothing is said."""
    text = re.sub(r"[^a-z0-9]+", "-", f"{version.module}-{version.model or 'own'}".lower()).strip("-")
    return text[:40].rstrip("-")
