"""Makes the home of an earlier version that `test_old_homes` opens.

``python make_home.py CHECKOUT OUT``: CHECKOUT is a folder with the source of version 0.1 as it was before
schema 0008 (commit 1fccff3), OUT a folder that does not exist. The script runs the platform of CHECKOUT in
this process, uses its HTTP API, and stops it. It then writes the database as SQL (`database.sql`) and the
files as an archive (`files.tar.xz`); in both, the absolute path of the home is replaced by a placeholder.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import shutil
import sqlite3
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

PLACEHOLDER = "@HOME@"
SPECTRA = 18
SLOW = {"rows": 4, "columns": 4, "epochs": 10000}  # parameters of a map that is aborted meanwhile
LEFT_OUT = ("huggins.sqlite*", "platform.lock", "connection.json", "launchers", "supervisors")
TEXT = (".json", ".csv", ".txt", ".jsonl", ".log", ".yaml", "")


def old(name: str) -> Any:
    """Return a module of the checkout."""
    return importlib.import_module(name)


class Platform:
    """The earlier platform while it runs.

    Attributes
    ----------
    api
        The client of its HTTP API.
    spectra
        The folder of synthetic spectra.
    """

    def __init__(self, api: Any, spectra: Path) -> None:
        self.api = api
        self.spectra = spectra

    async def fill(self) -> None:
        """Make everything that the home holds."""
        await self.api.post(
            "/settings/notifications", {"webhook": "https://hook.invalid/huggins", "about": "failed"}
        )
        await self.api.post("/nodes", {"name": "bench", "kind": "process", "cpus": 2, "labels": ["quick"]})
        dataset = await self._dataset()
        model = await self._jobs(dataset)
        await self._deployment(model)

    async def _dataset(self) -> str:
        upload = old("dashboard.cli.data").upload
        (self.spectra / "broken.fits").write_bytes(b"SIMPLE  =  nonsense")
        found = await upload(self.api, (self.spectra,), "old spectra")
        identifier = str(found["dataset"]["id"])
        labels = "path,label\n" + f"{found['spectra'][0]['path']},emission\n"
        await self.api.post_text(f"/data/{identifier}/labels", labels.encode(), "text/csv")
        return identifier

    async def _jobs(self, dataset: str) -> str:
        forest = {"dataset": dataset, "module": "rdf", "parameters": {"trees": 4, "folds": 2, "seed": 1}}
        done = await self._end({**forest, "label": "good forest", "note": "kept for the release"})
        model = str((await self.api.get(f"/jobs/{done['id']}"))["model"]["id"])
        retry = {"times": {"time_limit": 1}, "backoff_s": 0.1}
        await self._end(
            {**forest, "label": "out of time", "resources": {"walltime_s": 1}, "retry": retry}, "ERROR"
        )
        plane = {"dataset": dataset, "module": "som", "parameters": SLOW}
        job = str((await self.api.post("/jobs", {**plane, "label": "stopped map"}))["job"]["id"])
        while not ((await self.api.get(f"/jobs/{job}"))["job"]["progress"] or {}).get("step"):
            await asyncio.sleep(0.2)
        await asyncio.sleep(3.0)  # a checkpoint is written meanwhile
        await self.api.post(f"/jobs/{job}/abort")
        await self._ended(job, "ABORTED")
        asked = await self.api.post(f"/models/{model}/predictions", {"dataset": dataset, "node": "local"})
        await self._ended(str(asked["job"]["id"]), "COMPLETED")
        return model

    async def _end(self, wish: dict[str, Any], phase: str = "COMPLETED") -> dict[str, Any]:
        job = (await self.api.post("/jobs", {"node": "local", **wish}))["job"]
        return await self._ended(str(job["id"]), phase)

    async def _ended(self, job: str, phase: str) -> dict[str, Any]:
        follow = old("dashboard.cli.jobs").follow
        found: dict[str, Any] = await follow(self.api, job, quiet=True)
        assert found["phase"] == phase, found
        return found

    async def _deployment(self, model: str) -> None:
        waits, predict = old("dashboard.cli.deployment"), old("dashboard.cli.predict")
        await self.api.post("/deployments", {"name": "forest", "model": model, "node": "local"})
        await waits.until_ready(self.api, "forest")
        token = {"title": "the pipeline", "rate": 50, "quota": 1000}
        await self.api.post("/deployments/forest/tokens", token)
        await self.api.post("/deployments/forest/versions", {"model": model, "share": 100})
        await waits.until_version_ready(self.api, "forest", 2)
        file = sorted(self.spectra.glob("*.fits"))[1]
        answers = await predict.predict_files(self.api, "forest", (file,))
        assert "results" in answers[0], answers
        await self._deferred(await asyncio.to_thread(file.read_bytes))
        await self.api.get("/deployments/forest/usage")  # writes what was counted
        await self.api.post("/deployments/forest/disable")

    async def _deferred(self, spectrum: bytes) -> None:
        headers = {"Content-Type": "application/fits", "Prefer": "respond-async"}
        session = self.api._session  # the client has no method for a header
        async with session.post("/predict/forest", data=spectrum, headers=headers) as answer:
            assert answer.status == 202, await answer.text()
            place = answer.headers["Location"]
        while not (found := (await self.api.get(place, wait=30))["prediction"])["ended"]:
            pass
        assert found["state"] == "completed", found


async def fill(home: Path, spectra: Path) -> None:
    """Run the earlier platform on a home and fill it."""
    settings, cli = old("dashboard.settings"), old("dashboard.cli.server")
    connect = old("dashboard.cli.api").connect
    old("spectra.synthetic").write_folder(spectra, SPECTRA, seed=1)
    chosen = settings.Settings(
        home=home,
        server=settings.ServerSettings(port=0),
        jobs=settings.JobsSettings(checkpoint_s=0.5),
        nodes={"local": settings.NodeSettings(kind="process")},
    )
    async with cli.serving(chosen) as served, connect(served.connection) as api:
        await Platform(api, spectra).fill()


def dump(home: Path, checkout: Path, out: Path) -> None:
    """Write the database as SQL text and the files as an archive, without the paths of this machine."""
    files = out / "files"
    shutil.copytree(home, files, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    paths = {
        str(home): PLACEHOLDER,
        str(checkout): "/opt/huggins",
        sys.prefix: "/usr",
        sys.base_prefix: "/usr",
    }

    def cleaned(text: str) -> str:
        for path, name in paths.items():
            text = text.replace(path, name)
        return text

    for file in files.rglob("*"):
        if file.is_symlink() and (target := file.readlink()).is_absolute():
            place = files / target.relative_to(home)
            file.unlink()
            file.symlink_to(os.path.relpath(place, file.parent))
        elif file.is_file() and file.suffix in TEXT:
            file.write_text(cleaned(file.read_text("utf-8")), "utf-8")
    with tarfile.open(out / "files.tar.xz", "w:xz") as archive:
        for place in sorted(files.iterdir()):
            archive.add(place, place.name, filter=_nobody)
    shutil.rmtree(files)
    with contextlib.closing(sqlite3.connect(home / "huggins.sqlite")) as connection:
        connection.execute("delete from tokens")  # sessions of the command line
        connection.commit()
        text = "\n".join(connection.iterdump()) + "\n"
    (out / "database.sql").write_text(cleaned(text), "utf-8")


def _nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def describe(checkout: Path, folder: Path) -> None:
    """Write the metadata of an installed checkout: its methods are found by their entry points."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text("utf-8"))["project"]
    made = folder / f"{project['name']}-{project['version']}.dist-info"
    made.mkdir(parents=True)
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (made / "METADATA").write_text(head, "utf-8")
    lines: list[str] = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in points.items()), ""]
    (made / "entry_points.txt").write_text("\n".join(lines), "utf-8")


def main(checkout: Path, out: Path) -> None:
    """Make the home."""
    out.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="old-home-") as folder:
        describe(checkout, Path(folder) / "metadata")
        places = [str(Path(folder) / "metadata"), str(checkout)]
        sys.path[:0] = places
        os.environ["PYTHONPATH"] = os.pathsep.join(places)
        environment = old("launchers.environment")
        # Jobs and replicas run the checkout's code.
        environment.INHERITED = (*environment.INHERITED, "PYTHONPATH")
        home = Path(folder) / "home"
        asyncio.run(fill(home, Path(folder) / "spectra"))
        dump(home, checkout, out)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
