"""What udocker gives and what we add: rights, images, an ordinary user."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from launchers import ImageMissing
from launchers.udocker.launcher import UdockerLauncher
from tests.conftest import ROOT, unavailable
from tests.integration.launchers.conftest import TARBALL, Rig, kinds

on_udocker = kinds("udocker")
pytestmark = pytest.mark.udocker

REGISTRY = os.environ.get("HUGGINS_REGISTRY", "127.0.0.1:5001")
#: What ci/machine.sh makes for tests of what an ordinary user can do.
ORDINARY_USER = os.environ.get("HUGGINS_ORDINARY_USER", "huggins-ci")
ORDINARY_PYTHON = Path("/opt/huggins/udocker/bin/python")


@on_udocker
async def test_it_has_no_capabilities_and_only_tmp_can_be_written(rig: Rig) -> None:
    code = (
        "print(open('/proc/self/status').read())\n"
        "import tempfile\n"
        "tempfile.TemporaryFile().write(b'x')\n"
        "for place in ('/', '/usr', '/etc', '/var/tmp'):\n"
        "    try: open(place + '/x', 'w')\n"
        "    except OSError: continue\n"
        "    print('written:', place)"
    )
    status, printed = await rig.run("python3", "-c", code)
    facts = dict(line.split(":", 1) for line in printed.splitlines() if ":" in line)
    assert status.exit_code == 0, printed
    assert {int(facts[f"Cap{which}"], 16) for which in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
    assert facts["NoNewPrivs"].strip() == "1"
    assert "written" not in facts


@on_udocker
async def test_many_runs_of_one_image_at_once_do_not_disturb_each_other(rig: Rig) -> None:
    code = "import os, sys, time; time.sleep(0.2); print(sys.argv[1], os.environ['NUMBER'])"
    specs = [rig.spec("python3", "-c", code, str(n), env={"NUMBER": str(n)}) for n in range(6)]
    handles = await asyncio.gather(*map(rig.launcher.start, specs))
    for number, handle in enumerate(handles):
        assert (await rig.end(handle)).exit_code == 0
        assert (await rig.launcher.logs(handle)).decode().split() == [str(number)] * 2


@pytest.fixture
def pushed(image_id: str) -> Iterator[str]:
    """A reference in a registry on loopback."""
    reference = f"{REGISTRY}/huggins/launchers-test:1"
    subprocess.run(["docker", "tag", image_id, reference], check=True)
    done = subprocess.run(
        ["docker", "push", "--quiet", reference], capture_output=True, text=True, check=False
    )
    if done.returncode:
        unavailable(f"a registry at {REGISTRY} ({done.stderr.strip()})")
    yield reference
    subprocess.run(["docker", "rmi", reference], check=True, capture_output=True)


@on_udocker
async def test_an_image_pulled_from_a_registry_has_the_id_that_docker_gives_it(
    rig: Rig, pushed: str, image_id: str, tmp_path: Path
) -> None:
    launcher = UdockerLauncher(tmp_path)
    assert await launcher.prepare(pushed) == image_id
    rig.launcher, rig.image = launcher, image_id
    status, printed = await rig.run("python3", "-c", "print('pulled')")
    assert (status.exit_code, printed) == (0, "pulled\n")


@on_udocker
async def test_an_image_that_cannot_be_pulled_is_missing_with_udockers_words(rig: Rig, pushed: str) -> None:
    with pytest.raises(ImageMissing, match="udocker pull failed"):
        await rig.launcher.prepare(pushed.replace("launchers-test", "no-such-image"))
    with pytest.raises(ImageMissing, match="by digest"):
        await rig.launcher.prepare(f"{REGISTRY}/huggins/x@sha256:{0:064x}")


@on_udocker
async def test_what_is_no_archive_of_an_image_is_rejected(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "text.tar").write_text("no archive")
    with tarfile.open(tmp_path / "lie.tar", "w") as tar:
        (tmp_path / "manifest.json").write_text(json.dumps([{"Config": f"{0:064x}.json", "Layers": []}]))
        (tmp_path / "config").write_text("{}")
        tar.add(tmp_path / "manifest.json", "manifest.json")
        tar.add(tmp_path / "config", f"{0:064x}.json")
    for name, said in (("text.tar", "no archive"), ("lie.tar", "damaged"), ("absent.tar", "No such file")):
        with pytest.raises(ImageMissing, match=said):
            await rig.launcher.prepare(str(tmp_path / name))


@pytest.fixture
def ordinary_folder(image_archive: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder of an ordinary user with what it needs in it, and its environment."""
    try:
        user = pwd.getpwnam(ORDINARY_USER)
    except KeyError:
        unavailable(f"the ordinary user {ORDINARY_USER}")
    if os.geteuid() != 0 or not ORDINARY_PYTHON.exists():
        unavailable(f"root, to become {ORDINARY_USER}, or {ORDINARY_PYTHON}")
    folder = Path(user.pw_dir) / "launchers-test"
    for package in ("launchers", "jobfolder"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(image_archive, folder / "image.tar")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    tarball = os.environ.get("UDOCKER_TARBALL") or str(TARBALL)
    yield folder, {"HOME": user.pw_dir, "PATH": os.environ["PATH"], "UDOCKER_TARBALL": tarball}
    shutil.rmtree(folder)


def test_an_ordinary_user_needs_neither_docker_nor_root(ordinary_folder: tuple[Path, dict[str, str]]) -> None:
    folder, env = ordinary_folder
    program = """
import asyncio
from pathlib import Path
from launchers import LaunchSpec, Mount, State
from launchers.udocker.launcher import UdockerLauncher

async def main():
    launcher = UdockerLauncher(Path('state').absolute())
    health = await launcher.probe()
    assert health.ok, health
    image = await launcher.prepare(str(Path('image.tar').absolute()))
    Path('job').mkdir()
    code = "open('answer', 'w').write('42'); print('done')"
    mounts = (Mount(Path('job').absolute(), '/job', read_only=False),)
    handle = await launcher.start(LaunchSpec('first', image, ('python3', '-c', code), mounts))
    while (status := await launcher.status(handle)).state is not State.EXITED:
        await asyncio.sleep(0.02)
    print(status.exit_code, status.reason, (await launcher.logs(handle)).decode())

asyncio.run(main())
"""
    done = subprocess.run(
        [ORDINARY_PYTHON, "-c", program],
        cwd=folder, env=env, user=ORDINARY_USER, group=ORDINARY_USER, extra_groups=[],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0", "completed", "done"]
    assert (folder / "job" / "answer").read_text() == "42"
