"""From one version to the next.

What a deployment becomes. `deploy.control.controller` makes it true without a break.
"""

from __future__ import annotations

from dataclasses import replace

from deploy.model.deployment import Deployment, DeploymentError, Version, now


def with_version(deployment: Deployment, version: Version, share: int) -> Deployment:
    """Add a version, on trial with `share` per cent of the requests; 100 makes it the stable one at once.

    Raises
    ------
    DeploymentError
        If the share is out of range.
    """
    number = max(one.number for one in deployment.versions) + 1
    new = replace(version, number=number, created=now())
    return with_canary(replace(deployment, versions=(*deployment.versions, new)), number, share)


def with_canary(deployment: Deployment, number: int, share: int) -> Deployment:
    """Give a version `share` per cent of the requests; 100 promotes it.

    Raises
    ------
    DeploymentError
        If there is no such version, it is the stable one, or the share is out of range.
    """
    deployment.version(number)
    if number == deployment.stable:
        raise DeploymentError(
            f"version {number} is the stable one: it gets what the version on trial does not"
        )
    if share == 100:
        return promoted(deployment, number)
    return replace(deployment, canary=number, share=share)


def without_canary(deployment: Deployment) -> Deployment:
    """End the trial: the stable version answers everything."""
    return replace(deployment, canary=None, share=0)


def promoted(deployment: Deployment, number: int | None = None) -> Deployment:
    """Make a version (None: the one on trial) the stable one.

    Raises
    ------
    DeploymentError
        If there is no such version, or none is on trial.
    """
    chosen = deployment.canary if number is None else number
    if chosen is None:
        raise DeploymentError("no version is on trial: say which one is to be promoted")
    deployment.version(chosen)
    if chosen == deployment.stable:
        return without_canary(deployment)
    return replace(deployment, stable=chosen, previous=deployment.stable, canary=None, share=0)


def rolled_back(deployment: Deployment) -> Deployment:
    """End the trial where there is one, else go back to what was stable before.

    Raises
    ------
    DeploymentError
        If there is nothing to go back to.
    """
    if deployment.canary is not None:
        return without_canary(deployment)
    if deployment.previous is None:
        raise DeploymentError(
            f"{deployment.name!r} had no other version before: there is nothing to go back to"
        )
    return replace(deployment, stable=deployment.previous, previous=deployment.stable)
