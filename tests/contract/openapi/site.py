"""A platform that is fuzzed: real services over processes, a few synthetic spectra, a deployed forest."""

from __future__ import annotations

import asyncio
from pathlib import Path

from dashboard.auth.identity import OWNER
from dashboard.jobs.request import JobRequest
from deploy.control.replica_spec import GATEWAY_HEADER
from spectra.synthetic import write_folder
from tests.browser.showcase import PATIENCE_S, Showcase, build
from tests.folder_upload import upload_folder

DEPLOYMENT = "forest"
SERVED = "served"  # no operation is told of it: what it serves stays as it is
SPARE = "spare"  # disabled: operations that change a deployment may do so; calls of it are answered 503


class Site:
    """The platform and what is in it.

    Attributes
    ----------
    known
        From the name of a path's variable to values that name something there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._showcase: Showcase = build(folder)
        self.known: dict[str, list[str]] = {}
        self.token = ""

    @property
    def address(self) -> str:
        """Where it answers."""
        return self._showcase.address

    def start(self) -> None:
        """Start it and bring something into it."""
        self._showcase.start()
        self._showcase.do(self._fill())

    def stop(self) -> None:
        """End it, with its replicas."""
        self._showcase.stop()

    def end_maintenance(self) -> None:
        """Take new things again."""
        self._showcase.do(self._showcase.platform.maintenance.set(OWNER, on=False))

    async def _fill(self) -> None:
        platform = self._showcase.platform
        assert platform
        self.token = await platform.sessions.redeem(await platform.sessions.one_time_link())
        folder = self._folder / "few"
        write_folder(folder, 24, seed=5)
        dataset = await upload_folder(platform.data, folder, "Few", OWNER, synthetic=True)
        dataset = await platform.data.settled(dataset.id)
        await platform.modules.descriptions.of("rdf")
        intent = JobRequest("rdf", dataset.id, {"trees": 5, "folds": 2}, label="forest")
        job = await self._showcase._end_of(await platform.submit(intent, OWNER))
        assert job.phase == "COMPLETED", job.reason
        model = await platform.models.of_job(job.id)
        assert model
        for name in (DEPLOYMENT, SERVED, SPARE):
            wanted = {"name": name, "model": model.id, "node": "local", "training": True}
            await platform.deployments.create(wanted)
        async with asyncio.timeout(PATIENCE_S):
            for name in (DEPLOYMENT, SERVED):
                while platform.deployments.get(name)["state"] != "deployed":
                    await asyncio.sleep(0.05)
        await platform.deployments.enable(SPARE, enabled=False)
        self.known = {
            "module": ["rdf"],
            "dataset": [dataset.id],
            "job": [job.id],
            "model": [model.id],
            "deployment": [DEPLOYMENT],
            "number": ["0", "3"],
            "row": ["0", "3"],
            "mark": ["0"],
            "view": ["confusion"],
            "tail": ["models/rdf/predict/", "models/rdf/"],
        }

    def replica(self) -> tuple[str, dict[str, str]]:
        """Return the address of the server that answers for `SERVED`, and the header of its gateway."""
        platform = self._showcase.platform
        assert platform
        chosen = platform.deployments.service.controller(SERVED).choose()
        assert chosen
        return chosen[1].address, {GATEWAY_HEADER: chosen[1].secret}

    def known_to(self, method: str, path: str) -> dict[str, list[str]]:
        """Return values of names; what deletes or ends something is given nothing that others need."""
        forwarded = path.endswith("/v2/{tail}")  # changes nothing of the deployment
        if not forwarded and (method == "delete" or path.endswith(("/disable", "/abort"))):
            return {"deployment": [SPARE]}
        if path.endswith("/enable"):
            return {**self.known, "deployment": [DEPLOYMENT, SPARE]}
        return self.known

    def spectrum(self) -> bytes:
        """Return a spectrum that the forest can tell the class of."""
        return next((self._folder / "few").rglob("*.fits")).read_bytes()
