"""Checks a module from end to end: its files, its image, and its contract on each kind of node."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog import Module
from dashboard.base.errors import NotFound
from dashboard.base.ids import new_identifier
from dashboard.publishing.check import nodes
from dashboard.publishing.check.contract import contract, image
from dashboard.publishing.check.contract.bench import Bench
from dashboard.publishing.check.contract.session import Session
from dashboard.publishing.check.static import static
from dashboard.publishing.check.static.examples import Example
from dashboard.publishing.finding import Report, Step, StepState, error, note
from dashboard.publishing.images.docker_build import BuildFailed
from dashboard.publishing.images.module_image import ModuleImage, build_image, discard
from dashboard.publishing.scaffold.names import package_of
from dashboard.publishing.source.tree import SourceTree
from launchers import LaunchError

GROUP = "deepaas.v2.model"


@dataclass(frozen=True)
class Wanted:
    """What a person wants checked.

    Attributes
    ----------
    kinds : sequence of str
        Kinds of nodes; empty: those that the module claims.
    run : bool
        Whether anything is run.
    network : str or None
        Docker's network of the build.
    taken : frozenset of str
        Names of modules that others have.
    image : ModuleImage or None
        An image of the module, which is checked instead of one that is built.
    """

    kinds: Sequence[str] = ()
    run: bool = True
    network: str | None = None
    taken: frozenset[str] = frozenset()
    image: ModuleImage | None = None


async def check_folder(path: Path, wanted: Wanted) -> tuple[Report, ModuleImage | None]:
    """Check the module of a folder.

    Parameters
    ----------
    path : Path
        The folder.
    wanted : Wanted
        How much, and where.

    Returns
    -------
    tuple
        What was found, and the image that was built or given, if it can be run.

    Raises
    ------
    NotFound
        If there is no such folder.
    """
    folder = await asyncio.to_thread(path.resolve)
    if not await asyncio.to_thread(folder.is_dir):
        raise NotFound(f"There is no folder {path}: name one that holds a module.yaml.")
    report, tree = Report(str(path)), SourceTree(folder)
    built = wanted.image is not None
    module, example = await asyncio.to_thread(static.check, tree, report, wanted.taken, built=built)
    if not wanted.run or module is None or example is None or not report.passed:
        return report, None
    kinds = tuple(wanted.kinds) or module.nodes
    work = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="huggins-check-"))
    try:
        return report, await _run(_Subject(tree, module, example, report), kinds, work, wanted)
    finally:
        await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)


@dataclass(frozen=True)
class _Subject:
    tree: SourceTree
    module: Module
    example: Example
    report: Report


async def _run(one: _Subject, kinds: Sequence[str], work: Path, wanted: Wanted) -> ModuleImage | None:
    built: ModuleImage | None = None
    if set(kinds) - {nodes.UNISOLATED}:
        built = await _build(one, wanted)
        if built is None:
            return None
    whole = True  # what does not depend on the node is checked on the first one
    for kind in kinds:
        try:
            await _run_on(kind, one, built, work / kind, whole=whole)
            whole = False
        except LaunchError as absent:
            what = f"{kind} does not work here: {absent.reason}. The module was not checked on it."
            mend = f"Install {kind}, or check where it is."
            one.report.add([note("node.absent", kind, what, mend)])
            one.report.steps.append(Step("contract", kind, StepState.SKIPPED, 0.0))
    return built


async def _run_on(kind: str, one: _Subject, built: ModuleImage | None, place: Path, *, whole: bool) -> None:
    await asyncio.to_thread(place.mkdir)
    async with nodes.node(kind, place / "state") as launcher:
        env: Mapping[str, str] = {}
        named = one.module.name
        if kind == nodes.UNISOLATED:
            env = process_environment(one.tree, one.module, place)
        elif built is not None:
            named = await nodes.bring(launcher, built.name, place)
        bench = Bench(launcher, named, place / "runs", env)
        session = Session(one.module, one.example, one.tree, bench, one.report)
        await contract.check(session, whole=whole)


async def _build(one: _Subject, wanted: Wanted) -> ModuleImage | None:
    """Build the image, unless there is one, and look at it; None, with a finding, where that cannot be."""
    report = one.report
    try:
        async with nodes.node("docker", Path()):
            pass
    except LaunchError as absent:
        what = (
            f"There is no Docker here to build the image with: {absent.reason}. Only the files were checked."
        )
        mend = "Install Docker and check again, or publish to a platform that has it: it checks there."
        report.add([note("build.no-docker", "build", what, mend)])
        report.steps.append(Step("build", "docker", StepState.SKIPPED, 0.0))
        return None
    started = time.monotonic()
    built = wanted.image
    try:
        if built is None:
            tag = f"huggins-check/{one.module.name}:{new_identifier()}"
            built = await build_image(one.tree, tag, network=wanted.network)
        failed = bool(report.add(await image.check(built.id)))
    except BuildFailed as bad:
        lines = [line for line in str(bad).splitlines() if line.strip()]
        what = f"The image cannot be built: {_telling(lines)}"
        mend = "Run `docker build .` here, and mend the step that fails."
        report.add([error("build.failed", "Dockerfile", what, mend)])
        failed = True
    state = StepState.FAILED if failed else StepState.PASSED
    report.steps.append(Step("build", "docker", state, time.monotonic() - started))
    if failed and built is not None:
        await discard(built)
    return None if failed else built


def _telling(lines: Sequence[str]) -> str:
    """Return the line of a build's output that says most, shortened."""
    said = [line for line in lines if "error" in line.casefold() or "not found" in line.casefold()]
    return (said or list(lines) or ["it printed nothing"])[-1].strip()[:400]


def process_environment(tree: SourceTree, module: Module, place: Path) -> Mapping[str, str]:
    """Return the environment in which this interpreter finds a module's entry point, without installing it.

    Parameters
    ----------
    tree : SourceTree
        The module's folder.
    module : Module
        What it describes.
    place : Path
        Gets what an installation would leave.
    """
    installed = place / "installed"
    metadata = installed / f"{package_of(module.name)}-{module.version}.dist-info"
    metadata.mkdir(parents=True)
    package = package_of(module.name)
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {module.name}\nVersion: {module.version}\n"
    )
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{module.name} = {package}:plugin\n")
    return {"PYTHONPATH": f"{tree.folder}:{installed}", "PYTHONDONTWRITEBYTECODE": "1"}
