"""Deployments as JSON."""

from __future__ import annotations

from typing import Any

from deploy.model.deployment import Deployment, Version
from deploy.model.status import DeploymentStatus


def deployment_json(deployment: Deployment, status: DeploymentStatus) -> dict[str, Any]:
    """Return a deployment with its status as JSON.

    Parameters
    ----------
    deployment
        The desired state.
    status
        The observed state.

    Returns
    -------
    dict
        The fields of the stable version at the top level, and all ``versions`` and ``replicas``.
    """
    stable = deployment.version()
    return {
        "name": deployment.name,
        "module": stable.module,
        "module_version": stable.module_version,
        "image": stable.image,
        "model": stable.model,
        "resources": dict(stable.resources),
        "node": ", ".join(deployment.nodes),
        "nodes": list(deployment.nodes),
        "enabled": deployment.enabled,
        "access": str(deployment.access),
        "scaling": deployment.scaling.to_json(),
        "created": deployment.created,
        "owner": deployment.owner,
        "visibility": str(deployment.visibility),
        "project": deployment.project,
        "state": str(status.state),
        "reason": status.reason,
        "since": status.since,
        "restarts": status.restarts,
        "waiting": status.waiting,
        "replicas": [
            {
                "name": replica.name,
                "node": replica.node,
                "version": replica.version,
                "state": replica.state,
                "reason": replica.reason,
                "since": replica.since,
                "restarts": replica.restarts,
                "outstanding": replica.outstanding,
            }
            for replica in status.replicas
        ],
        "stable": deployment.stable,
        "canary": deployment.canary,
        "share": deployment.share,
        "previous": deployment.previous,
        "versions": [version_json(version) for version in reversed(deployment.versions)],
        "address": f"/deployments/{deployment.name}",
        "predict": f"/predict/{deployment.name}",
    }


def version_json(version: Version) -> dict[str, Any]:
    """Return a version as JSON."""
    return {
        "number": version.number,
        "module": version.module,
        "module_version": version.module_version,
        "image": version.image,
        "model": version.model,
        "resources": dict(version.resources),
        "training": version.training,
        "created": version.created,
    }
