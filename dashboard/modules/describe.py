"""Reads the parameters of a module from its image (contracts.md, section 5)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from dashboard.base.ids import new_identifier
from deepaas_entry import mounting
from launchers import Launcher, LaunchError, LaunchSpec, Mount, State
from launchers.base import Cause

COMMAND = ("python", "-m", "deepaas_plugins.describe")
POLL_SECONDS = 0.2
MEMORY_MB = 2048
LISTS = ("train", "predict", "steps")


class DescriptionFailed(Exception):
    """The image did not describe its module; `str()` is the reason for a person.

    Attributes
    ----------
    late : bool
        Whether it gave no answer in time.
    """

    def __init__(self, reason: str, *, late: bool = False) -> None:
        super().__init__(reason)
        self.late = late


async def ask(
    launcher: Launcher,
    image: str,
    module: str,
    timeout_s: float,
    owner: str,
    *,
    env: Mapping[str, str] | None = None,
    third_party: bool = False,
) -> dict[str, Any]:
    """Run the image's own description of a module and return it.

    Parameters
    ----------
    launcher : Launcher
        Of the node.
    image : str
        As `Launcher.prepare` returned it.
    module : str
        Its name.
    timeout_s : float
        Seconds within which it must answer.
    owner : str
        Label of the container.
    env : mapping of str to str, optional
        Variables of it.
    third_party : bool
        Whether the image is somebody else's, and does not hold our program: it is mounted.

    Raises
    ------
    DescriptionFailed
        If it ends without one, or not in time.
    LaunchError
        If the node does not run it.
    """
    spec = LaunchSpec(
        name=f"describe-{new_identifier()}",
        image=image,
        command=mounting.command("describe", module) if third_party else (*COMMAND, module),
        mounts=(Mount(mounting.SOURCE, mounting.TARGET),) if third_party else (),
        unchanged_image=third_party,
        workdir="/tmp",  # noqa: S108 inside the container; nothing is written there
        memory_mb=MEMORY_MB,
        walltime_s=max(int(timeout_s), 1),
        env=env or {},
        owner=owner,
    )
    handle = await launcher.start(spec)
    try:
        async with asyncio.timeout(timeout_s):
            while (status := await launcher.status(handle)).state in {  # noqa: ASYNC110 nothing tells us
                State.STARTING,
                State.RUNNING,
                State.UNKNOWN,
            }:
                await asyncio.sleep(POLL_SECONDS)  # the node does not report the reason
        output = (await launcher.logs(handle)).decode("utf-8", "replace")
    except TimeoutError as error:
        raise DescriptionFailed(f"it did not answer within {timeout_s:g} s", late=True) from error
    finally:
        await _remove(launcher, handle)
    if status.cause is Cause.TIME:
        raise DescriptionFailed(f"it did not answer within {timeout_s:g} s", late=True)
    if status.exit_code != 0:
        last = output.strip().splitlines()[-1:] or ["it printed nothing"]
        raise DescriptionFailed(f"{status.reason or 'it failed'}: {last[0][:300]}")
    return parse(output, module)


async def _remove(launcher: Launcher, handle: Any) -> None:
    try:
        await launcher.remove(handle)
    except LaunchError:  # swept at the next start, by its owner's label
        return


def parse(output: str, module: str) -> dict[str, Any]:
    """Return the description of a module from what its image printed.

    Parameters
    ----------
    output : str
        What ``deepaas_plugins.describe`` printed; warnings may stand around the JSON.
    module : str
        The module's name.

    Returns
    -------
    dict
        The description D of ``docs/contracts.md``, section 5.

    Raises
    ------
    DescriptionFailed
        If the output holds no description of the module, or one without the required fields.
    """
    start = -1
    while (start := output.find("{", start + 1)) >= 0:
        if start and output[start - 1] != "\n":
            continue
        try:
            answer, _ = json.JSONDecoder().raw_decode(output, start)
        except ValueError:
            continue
        modules = answer.get("modules")
        if isinstance(modules, Mapping) and isinstance(modules.get(module), dict):
            return _sound(modules[module], module)
    raise DescriptionFailed(f"what it printed holds no description of {module}")


def _sound(description: dict[str, Any], module: str) -> dict[str, Any]:
    for name in LISTS:
        entries = description.get(name)
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise DescriptionFailed(f"its description of {module} has no list {name!r}")
    for name in ("train", "predict"):
        for parameter in description[name]:
            if not isinstance(parameter.get("name"), str) or not isinstance(parameter.get("type"), str):
                raise DescriptionFailed(f"its description of {module} has a parameter without name or type")
    return description
