"""Upstream's server with the files of a trained model where the training wrote them."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deepaas_entry.module_object import GROUP, NoModule, entry_point_value, module_name

CARD = "model.json"
FILES = "files"


def serve(wanted: str, options: Sequence[str]) -> int:
    """Put back the model's files and become ``deepaas-run``.

    Parameters
    ----------
    wanted : str
        The module's name in the catalog.
    options : sequence of str
        Options of ``deepaas-run``.

    Returns
    -------
    int
        2 where the image has no such module, 1 where the files cannot be put back; else it does not return.
    """
    try:
        name = module_name(wanted)
    except NoModule as error:
        sys.stderr.write(f"{error}\n")
        return 2
    model = os.environ.get("HUGGINS_MODEL", "")
    if model:
        try:
            put_back(Path(model))
        except (OSError, ValueError) as error:
            sys.stderr.write(f"The model's files cannot be put back: {error}\n")
            return 1
    program = shutil.which("deepaas-run")
    if program is None:
        sys.stderr.write("The image has no deepaas-run.\n")
        return 127
    if name != wanted:
        _alias(wanted, entry_point_value(name))
    os.environ["DEEPAAS_V2_MODEL"] = wanted
    return os.execv(program, [program, *options])  # noqa: S606 - no shell


def _alias(name: str, value: str) -> None:
    """Let the module also be known by its name in the catalog, by which the platform addresses it."""
    folder = Path(tempfile.mkdtemp(prefix="huggins-"))
    information = folder / "huggins_alias-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: huggins-alias\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {value}\n")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH", ""))))


def put_back(model: Path, root: Path = Path("/")) -> list[Path]:
    """Copy the files of a model to the paths at which the training wrote them.

    Parameters
    ----------
    model : Path
        Its folder, with ``model.json`` and ``files/``.
    root : Path
        What the paths are below.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    OSError
        A file cannot be written: the root is read-only.
    ValueError
        The card is none of such a model, or names a path that leads elsewhere.
    """
    card = json.loads((model / CARD).read_text(encoding="utf-8"))
    if card.get("kind") != "deepaas":
        raise ValueError("model.json is of no third-party module")
    written = []
    for file in card["files"]:
        parts = Path(file["path"]).parts
        if parts[:1] != ("/",) or ".." in parts:
            raise ValueError("{!r} is no absolute path".format(file["path"]))
        target = root.joinpath(*parts[1:])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(model.joinpath(FILES, *parts[1:])), str(target))
        written.append(target)
    return written
