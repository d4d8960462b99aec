"""Programs of the VO on the platform: pyvo asks it and DaCHS the same; STILTS and schemas find no error."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from dashboard.auth.identity import OWNER, Scope
from dashboard.settings import SourceSettings
from dashboard.settings.sections import VoSettings
from tests.conftest import unavailable
from tests.integration.sources.acquired import fetched
from tests.platform.web.conftest import Site, open_site
from tests.platform.world import add_dataset

HERE = Path(__file__).parent
DACHS = os.environ.get("HUGGINS_DACHS", "http://127.0.0.1:8090")
SSA, TAP = f"{DACHS}/specs/q/ssa/ssap.xml", f"{DACHS}/tap"
PYVO = os.environ.get("HUGGINS_PYVO", "/var/lib/huggins/vo/bin/python")
DEBIANS = "/usr/bin/python3"  # with lxml


@pytest.fixture(autouse=True, scope="module")
def components() -> None:
    """Require what ci/machine.sh installs."""
    try:
        urllib.request.urlopen(f"{SSA}?REQUEST=queryData&MAXREC=0", timeout=20).close()
    except (OSError, urllib.error.URLError):
        unavailable(f"DaCHS at {DACHS}")
    if not Path(PYVO).exists():
        unavailable("pyvo")
    if shutil.which("stilts") is None:
        unavailable("STILTS")


@dataclass
class Served:
    """A platform with what DaCHS has, at an address."""

    site: Site
    address: str
    dataset: str
    token: str

    @property
    def did(self) -> str:
        return f"ivo://huggins/~?{self.dataset}/1"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    sections = {
        "vo": VoSettings(anonymous=True),
        "sources": SourceSettings(networks=("127.0.0.0/8",), retry_s=0.05),
    }
    async with open_site(tmp_path, sections=sections) as site:
        done = await fetched(site.platform, "ssa", SSA, {"label_column": "ssa_targclass"})
        assert done.dataset is not None
        await site.platform.sharing.change("dataset", done.dataset, {"visibility": "public"}, OWNER)
        scopes = [Scope.READ, Scope.JOBS]
        _, token = await site.platform.api_tokens.create(OWNER, "pyvo", scopes, 1)
        supervision = asyncio.create_task(_supervise(site))
        address = str(site.stranger.make_url("")).rstrip("/")
        yield Served(site, address, done.dataset, token)
        supervision.cancel()
        await asyncio.wait([supervision])


async def _supervise(site: Site) -> None:
    while True:
        await site.platform.supervisor.reconcile()
        await asyncio.sleep(0.2)


async def _output(*command: str, code: int = 0) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await process.communicate()
    assert process.returncode == code, told.decode()
    return told.decode()


async def _pyvo(script: str, *arguments: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(await _output(PYVO, str(HERE / script), *arguments))
    return told


async def test_pyvo_gets_the_same_of_dachs_and_of_the_platform(served: Served) -> None:
    theirs, ours = await asyncio.gather(
        _pyvo("pyvo_asks.py", SSA), _pyvo("pyvo_asks.py", f"{served.address}/vo/ssa", served.token)
    )
    for told in (theirs, ours):
        assert told["all"] == told["links"] == 12
        assert told["names"] == [f"Test {number:02}" for number in range(1, 13)]
        assert told["cone"] == ["Test 02"]
        assert told["here"] == [20.0, -3.0]
        assert (told["nothing"], told["band"], told["outside"]) == (0, 12, 0)
        assert told["semantics"] == ["#proc", "#this"]
        assert told["whole"] == pytest.approx([4000, 7000, 3001])
        for part in ("cut", "soda"):
            assert told[part] == pytest.approx([5000, 5200, 201], abs=1.01)
        assert told["metadata"] is True
        assert told["truncated"] == 2
        assert told["wrong"] == "rejected"
    assert ours["overflow"] == "OVERFLOW"


async def test_pyvos_client_of_jobs_runs_ours(served: Served) -> None:
    dataset = await add_dataset(served.site.platform)
    told = await _pyvo("pyvo_runs.py", f"{served.address}/uws/toy", served.token, f"DATASET={dataset}")
    assert told["made"] == "PENDING"
    assert told["duration"] == 3000
    assert told["destruction"] is True
    assert told["phase"] == "COMPLETED"
    assert {"summary.json", "model:files"} <= set(told["results"])
    assert told["read"] == 200
    assert "dataset" in told["error"]
    assert told["gone"] == 404


async def test_stilts_finds_no_error_in_jobs(served: Served) -> None:
    told = await _output(
        "stilts", "taplint", f"tapurl={TAP}", f"asyncurl={served.address}/uws/toy", "stages=TME CAP UWS"
    )
    of_jobs = told[told.index("Section UWS") :]
    assert "Created new job" in of_jobs
    assert not re.findall(r"^[EF]-.*", of_jobs, re.MULTILINE), of_jobs


async def test_stilts_finds_no_error_in_links_and_tables(served: Served) -> None:
    at = f"{served.address}/vo"
    told = await _output("stilts", "datalinklint", f"votable={at}/datalink?ID={served.did}&ID=unknown")
    assert "Errors: 0; Warnings: 0" in told
    for path in (
        "ssa?REQUEST=queryData",
        "ssa?FORMAT=METADATA",
        "obscore?MAXREC=1",
        f"soda?ID={served.did}&BAND=5e-7+5.1e-7",
    ):
        told = await _output("stilts", "votlint", f"votable={at}/{path}", "ucd=true", "unit=true")
        assert told.strip() == "", (path, told)


async def test_documents_are_valid_by_the_schemas_of_the_ivoa(served: Served) -> None:
    dataset = await add_dataset(served.site.platform, owner="anonymous caller")
    jobs = f"{served.address}/uws/toy"
    made = [
        (await served.site.stranger.post("/uws/toy", data=form, allow_redirects=False)).headers["Location"]
        for form in ({"RUNID": "<held>"}, {"DATASET": dataset, "PHASE": "RUN"}, {"PHASE": "RUN"})
    ]
    async with asyncio.timeout(60):
        while "COMPLETED" not in await (await served.site.stranger.get(URL(made[1]).path)).text():
            await asyncio.sleep(0.1)
    below = [f"{one}{path}" for one in made for path in ("", "/parameters", "/results")]
    at = f"{served.address}/vo"
    tables = [f"{at}/{path}" for path in ("availability", "capabilities", "ssa", f"datalink?ID={served.did}")]
    spectrum = f"{at}/soda?ID={served.did}"
    await _output(DEBIANS, str(HERE / "schema_check.py"), jobs, *below, *tables, spectrum)
