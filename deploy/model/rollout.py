"""Changes of a deployment's versions: canary, promotion, rollback.

The functions are pure; `deploy.control.controller` makes the result true without interrupting requests.
"""

from __future__ import annotations

from dataclasses import replace

from deploy.model.deployment import Deployment, DeploymentError, Version, now


def with_version(deployment: Deployment, version: Version, share: int) -> Deployment:
    """Add a version as the canary with `share` per cent of the requests; 100 makes it the stable one.

    Parameters
    ----------
    deployment
        The deployment before.
    version
        The new version; its number and creation time are replaced.
    share
        From 0 to 100.

    Raises
    ------
    DeploymentError
        If the share is out of range.
    """
    number = max(one.number for one in deployment.versions) + 1
    new = replace(version, number=number, created=now())
    return with_canary(replace(deployment, versions=(*deployment.versions, new)), number, share)


def with_canary(deployment: Deployment, number: int, share: int) -> Deployment:
    """Make a version the canary with `share` per cent of the requests; 100 promotes it.

    Parameters
    ----------
    deployment
        The deployment before.
    number
        The version.
    share
        From 0 to 100.

    Raises
    ------
    DeploymentError
        If there is no such version, if it is the stable one, or if the share is out of range.
    """
    deployment.version(number)
    if number == deployment.stable:
        raise DeploymentError(
            f"version {number} is the stable one: it gets the requests that the canary does not get"
        )
    if share == 100:
        return promoted(deployment, number)
    return replace(deployment, canary=number, share=share)


def without_canary(deployment: Deployment) -> Deployment:
    """Stop the canary: the stable version gets all requests."""
    return replace(deployment, canary=None, share=0)


def promoted(deployment: Deployment, number: int | None = None) -> Deployment:
    """Make a version (None: the canary) the stable one.

    Raises
    ------
    DeploymentError
        If there is no such version, or no canary.
    """
    chosen = deployment.canary if number is None else number
    if chosen is None:
        raise DeploymentError("there is no canary: name the version to promote")
    deployment.version(chosen)
    if chosen == deployment.stable:
        return without_canary(deployment)
    return replace(deployment, stable=chosen, previous=deployment.stable, canary=None, share=0)


def rolled_back(deployment: Deployment) -> Deployment:
    """Stop the canary if there is one, else make the previous version the stable one.

    Raises
    ------
    DeploymentError
        If there is no previous version.
    """
    if deployment.canary is not None:
        return without_canary(deployment)
    if deployment.previous is None:
        raise DeploymentError(f"{deployment.name!r} has no previous version to return to")
    return replace(deployment, stable=deployment.previous, previous=deployment.stable)
