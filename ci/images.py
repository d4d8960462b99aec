"""Base and module images: build them, push them, name them by digest.

``python -m ci.images build [MODULE …]`` builds the base images and then the modules, all of them if none is
named; ``base [tensorflow]`` builds base images alone; ``push MODULE …`` sends modules to a registry and
prints their digests; ``digest MODULE`` prints those. A module whose ``bases`` differ has two images:
``huggins/NAME`` trains, ``huggins/NAME-serve`` serves.
"""

import argparse
import json
import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from ci.context import BASE_SOURCES, write_base_context, write_module_context
from dashboard.publishing.images.docker_build import Build, BuildFailed, build

#: The repository that this file is part of.
ROOT = Path(__file__).resolve().parent.parent

#: A registry on loopback, which the engine trusts without TLS (``ci/machine.sh`` starts one there).
DEFAULT_REGISTRY = os.environ.get("HUGGINS_REGISTRY", "127.0.0.1:5001")

#: The Python image made by ``ci/machine.sh`` where no hub can be reached; used when it is there.
LOCAL_PYTHON = os.environ.get("HUGGINS_PYTHON_IMAGE", "huggins/python:3.11")

BASE = "huggins/base"
#: The image that a module stands on, by the names of ``huggins.bases`` in its description.
BASES = {"plain": BASE, "tensorflow": f"{BASE}-tensorflow"}
#: What the name of the image that serves ends with, where it is another than the one that trains.
SERVING = "-serve"


class DockerRejected(RuntimeError):
    """A docker command that failed; the message has the command and its output."""


class NoSuchDigest(LookupError):
    """An image that was never pushed to the registry, and so has no digest there."""


@dataclass(frozen=True)
class BuiltImage:
    """An image in the local engine.

    Attributes
    ----------
    name : str
        Name and version, ``huggins/som:1.0.0``.
    id : str
        The engine's id, ``sha256:…``.
    size : int
        Bytes, layers shared with other images included.
    seconds : float
        How long the build took.
    """

    name: str
    id: str
    size: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.name:<28} {self.id[:19]}  {self.size / 1e6:7.0f} MB  {self.seconds:6.1f} s"


def build_base(
    root: Path = ROOT, *, python_image: str | None = None, network: str | None = None
) -> BuiltImage:
    """Build the image that modules start from and tag it with the project's version and ``latest``.

    Parameters
    ----------
    root : Path
        The repository.
    python_image : str, optional
        The image to start from; by default the one made on this machine, else the Dockerfile's own default.
    network : str, optional
        Network of the build steps (``host`` where the engine's network reaches no package index).
    """
    if python_image is None and has_image(LOCAL_PYTHON):
        python_image = LOCAL_PYTHON
    version = _project_version(root)
    return _timed_build(
        Build(
            dockerfile="ci/base/Dockerfile",
            write_context=partial(write_base_context, root=root),
            tags=(f"{BASE}:{version}", f"{BASE}:latest"),
            arguments={"BASE_IMAGE": python_image} if python_image else {},
            labels=_labels(root, BASE_SOURCES, version),
        ),
        network,
    )


def build_larger_base(name: str, root: Path = ROOT, *, network: str | None = None) -> BuiltImage:
    """Build a base image that has more than every module needs, on the plain one, which is there.

    Parameters
    ----------
    name : str
        Key of `BASES`; its Dockerfile is ``ci/base/<name>/Dockerfile``.
    root : Path
        The repository.
    network : str, optional
        Network of the build steps.
    """
    version, folder = _project_version(root), root / "ci" / "base" / name
    return _timed_build(
        Build(
            dockerfile="Dockerfile",
            write_context=partial(write_module_context, folder=folder),
            tags=(f"{BASES[name]}:{version}", f"{BASES[name]}:latest"),
            arguments={"BASE_IMAGE": f"{BASE}:{version}"},
            labels=_labels(root, [*BASE_SOURCES, f"ci/base/{name}"], version),
        ),
        network,
    )


def build_module(name: str, root: Path = ROOT, *, network: str | None = None) -> list[BuiltImage]:
    """Build the images of a module, on the bases that its description names.

    Parameters
    ----------
    name : str
        The module; its folder is ``modules/<name>``.
    root : Path
        The repository.
    network : str, optional
        Docker's network of the build, or None for its default.

    Returns
    -------
    list of BuiltImage
        The image, tagged with the module's version and ``latest``; then the one that serves, where it is
        another.
    """
    folder = root / "modules" / name
    return [
        build_folder(folder, name, base_image=f"{BASES[base]}:latest", network=network, suffix=suffix)
        for suffix, base in image_bases(folder).items()
    ]


def build_folder(
    folder: Path,
    name: str,
    *,
    base_image: str = f"{BASE}:latest",
    network: str | None = None,
    suffix: str = "",
) -> BuiltImage:
    """Build a module from any folder of that shape (``Dockerfile`` and ``module.yaml``).

    Parameters
    ----------
    folder : Path
        Has both files.
    name : str
        Of the module.
    base_image : str
        The image that the Dockerfile starts from.
    network : str, optional
        Docker's network of the build, or None for its default.
    suffix : str
        What follows the module's name in that of the image.

    Raises
    ------
    FileNotFoundError
        If the Dockerfile or the description is missing.
    BuildFailed
        If the build fails.
    """
    for needed in ("Dockerfile", "module.yaml"):
        if not (folder / needed).is_file():
            raise FileNotFoundError(f"{folder} is no module: it has no {needed}")
    version, title = module_version(folder), str(_described(folder).get("title", name))
    return _timed_build(
        Build(
            dockerfile="Dockerfile",
            write_context=partial(write_module_context, folder=folder),
            tags=(f"huggins/{name}{suffix}:{version}", f"huggins/{name}{suffix}:latest"),
            arguments={"BASE_IMAGE": base_image},
            labels=_labels(folder, ["."], version, title=title),
        ),
        network,
    )


def module_names(root: Path = ROOT) -> list[str]:
    """List the modules of the repository: the folders under ``modules/`` that have a Dockerfile."""
    return sorted(file.parent.name for file in (root / "modules").glob("*/Dockerfile"))


def image_bases(folder: Path) -> dict[str, str]:
    """Return the images of a module: what follows its name, and the key of `BASES` that it stands on.

    Raises
    ------
    ValueError
        If the description names a base that does not exist.
    """
    own = _described(folder).get("huggins")
    bases = (own.get("bases") if isinstance(own, dict) else None) or {}
    training, serving = bases.get("training", "plain"), bases.get("serving", "plain")
    for base in (training, serving):
        if base not in BASES:
            raise ValueError(f"{folder / 'module.yaml'}: no base {base!r}; there are: {', '.join(BASES)}")
    return {"": training} | ({SERVING: serving} if serving != training else {})


def module_version(folder: Path) -> str:
    """Return the version of a module from its ``module.yaml``.

    Parameters
    ----------
    folder : Path
        The module's folder.

    Returns
    -------
    str
        As it is written.

    Raises
    ------
    ValueError
        If the file gives no ``huggins.version``.
    TypeError
        If the version is no text: YAML reads 1.10 as the number 1.1.
    """
    own = _described(folder).get("huggins")
    version = own.get("version") if isinstance(own, dict) else None
    if version is None:
        raise ValueError(f"{folder / 'module.yaml'} gives no huggins.version")
    if not isinstance(version, str):
        # YAML reads 1.10 as the number 1.1, and the image would bear another version than the one written.
        raise TypeError(f"{folder / 'module.yaml'}: quote the version ({version!r} is not text)")
    return version


def push(name: str, registry: str = DEFAULT_REGISTRY) -> str:
    """Push a local image (``huggins/som:1.0.0``) to `registry` and return its digest, ``name@sha256:…``."""
    remote = f"{registry}/{name}"
    _docker("tag", name, remote)
    _docker("push", "--quiet", remote)
    return digest(name, registry)


def digest(name: str, registry: str = DEFAULT_REGISTRY) -> str:
    """Return the digest under which `registry` has an image: what a job or a deployment names.

    Raises
    ------
    DockerRejected
        If the image is not here.
    NoSuchDigest
        If it was never pushed there.
    """
    digests: list[str] = json.loads(_docker("image", "inspect", "--format", "{{json .RepoDigests}}", name))
    repository = f"{registry}/{name.rpartition(':')[0] if ':' in name else name}"
    for candidate in digests:
        if candidate.startswith(f"{repository}@"):
            return candidate
    raise NoSuchDigest(f"{name} was not pushed to {registry}")


def has_image(name: str) -> bool:
    """Return whether the local engine has an image of that name."""
    try:
        _docker("image", "inspect", name)
    except DockerRejected:
        return False
    return True


def _timed_build(wanted: Build, network: str | None) -> BuiltImage:
    started = time.monotonic()
    identity = build(wanted, network=network)
    seconds = time.monotonic() - started
    size = int(_docker("image", "inspect", "--format", "{{.Size}}", identity))
    return BuiltImage(name=wanted.tags[0], id=identity, size=size, seconds=seconds)


def _labels(folder: Path, sources: Sequence[str], version: str, **described: str) -> dict[str, str]:
    labels = {**described, "version": version}
    # The last commit that touched the sources, so that other commits do not make another image.
    asked = ["git", "-C", str(folder), "log", "-1", "--format=%H", "--", *sources]
    revision = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    if revision:
        labels["revision"] = revision
    return {f"org.opencontainers.image.{name}": value for name, value in labels.items()}


def _described(folder: Path) -> Mapping[str, object]:
    described: Mapping[str, object] = yaml.safe_load((folder / "module.yaml").read_text(encoding="utf-8"))
    return described


def _project_version(root: Path) -> str:
    return str(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def _docker(*arguments: str) -> str:
    finished = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise DockerRejected(f"docker {' '.join(arguments)}: {finished.stderr.strip()}")
    return finished.stdout.strip()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m ci.images", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--network", help="network of the build steps, e.g. host")
    parser.add_argument("--registry", default=DEFAULT_REGISTRY)
    parser.add_argument("action", choices=("build", "base", "push", "digest"))
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    arguments = parser.parse_args(argv)
    names = arguments.modules or module_names()
    try:
        if arguments.action == "build":
            print(build_base(network=arguments.network), flush=True)
            wanted = {base for name in names for base in image_bases(ROOT / "modules" / name).values()}
            for base in sorted(wanted - {"plain"}):
                print(build_larger_base(base, network=arguments.network), flush=True)
        if arguments.action == "base":
            print(build_base(network=arguments.network), flush=True)
            for base in arguments.modules:
                print(build_larger_base(base, network=arguments.network), flush=True)
            return 0
        for name in names:
            for one in _act(arguments, name):
                print(one, flush=True)
    except (
        BuildFailed, DockerRejected, NoSuchDigest, FileNotFoundError, KeyError, TypeError, ValueError
    ) as error:  # fmt: skip
        print(f"ci.images: {error}", file=sys.stderr)
        return 1
    return 0


def _act(arguments: argparse.Namespace, name: str) -> Sequence[object]:
    if arguments.action == "build":
        return build_module(name, network=arguments.network)
    folder = ROOT / "modules" / name
    images = [f"huggins/{name}{suffix}:{module_version(folder)}" for suffix in image_bases(folder)]
    act = push if arguments.action == "push" else digest
    return [act(image, arguments.registry) for image in images]


if __name__ == "__main__":
    sys.exit(main())
