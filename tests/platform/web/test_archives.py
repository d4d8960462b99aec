"""All files of a job, and of a model, as one archive."""

from __future__ import annotations

import io
import zipfile

from tests.platform.web.conftest import Site
from tests.platform.world import settle, submit


async def members(site: Site, path: str) -> dict[str, bytes]:
    answer = await site.stranger.get(path, headers=site.json)
    assert answer.status == 200, await answer.text()
    assert answer.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_the_files_of_a_job_and_its_model_come_as_archives(site: Site) -> None:
    job = await settle(site.platform, await submit(site.platform))
    model = await site.platform.models.of_job(job.id)
    assert model is not None
    found = await members(site, f"/jobs/{job.id}/artefacts")
    assert found[f"{job.id}/log.txt"] == b"trained\n"
    assert {name.removeprefix(f"{job.id}/") for name in found} == {
        file.path for file in await site.platform.jobs.artefacts(job.id)
    }
    found = await members(site, f"/models/{model.id}/files")
    assert found[f"{model.name}-{model.id}/weights.bin"] == b"weights"


async def test_an_archive_of_what_is_not_there_is_not_found(site: Site) -> None:
    for path in ("/jobs/gone/artefacts", "/models/gone/files"):
        assert (await site.stranger.get(path, headers=site.json)).status == 404
