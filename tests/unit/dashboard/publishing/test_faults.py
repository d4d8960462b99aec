"""Each fault that is planted into a good module is found, at its place, with what to do."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from dashboard.cli import main
from dashboard.publishing.finding import Level
from tests.unit.dashboard.publishing.conftest import files_of

Plant = Callable[[Path], object]


def changed(name: str, old: str, new: str) -> Plant:
    """Return what replaces a text in a file, which must be there."""

    def plant(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), "utf-8")

    return plant


def written(name: str, text: str | bytes) -> Plant:
    """Return what writes a file."""

    def plant(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())

    return plant


def removed(name: str) -> Plant:
    """Return what removes a file."""
    return lambda folder: (folder / name).unlink()


def appended(name: str, text: str) -> Plant:
    """Return what writes at the end of a file."""

    def plant(folder: Path) -> None:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(text)

    return plant


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ntitle: *c\n"
KEY = "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nabc\n"
TOKEN = "ghp_" + "a1B2" * 10

#: Code of the finding, where it is, a word of what is said, and what plants it.
FAULTS: list[tuple[str, str, str, Plant]] = [
    ("metadata.missing", "module.yaml", "no module.yaml", removed("module.yaml")),
    ("metadata.yaml", "module.yaml", "alias", written("module.yaml", BOMB)),
    ("metadata.yaml", "module.yaml", "256 kB", written("module.yaml", "a: " + "x" * 300_000)),
    ("metadata.yaml", "module.yaml", "line", changed("module.yaml", "summary:", "summary: [")),
    ("metadata.yaml", "module.yaml", "UTF-8", written("module.yaml", b"title: \xff\xfe")),
    (
        "metadata.invalid",
        "module.yaml: tasks.0",
        "Must be one of",
        changed("module.yaml", "[Classification]", "[Alchemy]"),
    ),
    ("metadata.invalid", "module.yaml: huggins.version", "match", changed("module.yaml", "0.1.0", "one")),
    (
        "metadata.invalid",
        "module.yaml: huggins.nodes.0",
        "Must be one of",
        changed("module.yaml", "[docker, u", "[mars, u"),
    ),
    (
        "metadata.invalid",
        "module.yaml: links.source_code",
        "http",
        changed("module.yaml", "https://example.org", "javascript://x"),
    ),
    (
        "metadata.name",
        "module.yaml: huggins.name",
        "reserved",
        changed("module.yaml", "name: wiggles", "name: numpy"),
    ),
    (
        "metadata.name",
        "module.yaml: huggins.name",
        "already",
        changed("module.yaml", "name: wiggles", "name: som"),
    ),
    (
        "metadata.ai4",
        "ai4-metadata.yml: the whole file",
        "required",
        written("ai4-metadata.yml", "metadata_version: 2.0.0\n"),
    ),
    (
        "resources.too-much",
        "module.yaml: resources.training",
        "40000 MB",
        changed(
            "module.yaml",
            "training: {cpu: 1, gpu: 0, memory_MB: 1024",
            "training: {cpu: 1, gpu: 0, memory_MB: 40000",
        ),
    ),
    ("readme.missing", "README.md", "no README", removed("README.md")),
    ("licence.missing", "LICENSE", "no file", removed("LICENSE")),
    (
        "licence.unnamed",
        "module.yaml: license",
        "no licence",
        changed("module.yaml", "license: Apache-2.0\n", ""),
    ),
    (
        "licence.unknown",
        "module.yaml: license",
        "SPDX",
        changed("module.yaml", "Apache-2.0", "Do what you like"),
    ),
    (
        "citation.invalid",
        "module.yaml: huggins.citation",
        "BibTeX",
        changed("module.yaml", "@misc{", "misc "),
    ),
    ("dockerfile.missing", "Dockerfile", "no Dockerfile", removed("Dockerfile")),
    ("dockerfile.invalid", "Dockerfile", "no FROM", written("Dockerfile", "RUN true\n")),
    ("dockerfile.base-not-pinned", "Dockerfile:4", "latest", changed("Dockerfile", ":0.1.0", ":latest")),
    (
        "dockerfile.base-not-pinned",
        "Dockerfile:1",
        "not pinned",
        written("Dockerfile", "FROM debian\nUSER 1000\nCMD x\n"),
    ),
    ("dockerfile.root", "Dockerfile:", "root", appended("Dockerfile", "USER root\n")),
    ("dockerfile.root", "Dockerfile", "No USER", written("Dockerfile", "FROM debian:12\nCMD x\n")),
    ("dockerfile.secret", "Dockerfile:", "ENV API_KEY", appended("Dockerfile", "ENV API_KEY=abcdef\n")),
    (
        "dockerfile.secret",
        "Dockerfile:",
        "GitHub",
        appended("Dockerfile", f"RUN git clone https://{TOKEN}@x.org/y\n"),
    ),
    ("dockerfile.fetched", "Dockerfile:", "no hash", appended("Dockerfile", "ADD https://x.org/w.bin /w\n")),
    (
        "dockerfile.piped",
        "Dockerfile:",
        "script",
        appended("Dockerfile", "RUN curl -s https://x.org/i | sh\n"),
    ),
    ("files.secret", "id_rsa", "secrets", written("id_rsa", KEY)),
    ("files.secret", "wiggles/settings.py:1", "GitHub", written("wiggles/settings.py", f'T = "{TOKEN}"\n')),
    ("files.pickle", "weights.pkl", "pickle", written("weights.pkl", b"\x80\x04.")),
    (
        "files.link",
        "passwords",
        "symbolic link",
        lambda folder: (folder / "passwords").symlink_to("/etc/passwd"),
    ),
    ("code.syntax", "wiggles/model.py:1", "no Python", written("wiggles/model.py", "def (:\n")),
    (
        "code.unpickles",
        "wiggles/extra.py:2",
        "pickle.load",
        written("wiggles/extra.py", "import pickle\npickle.load(open('x', 'rb'))\n"),
    ),
    (
        "code.unpickles",
        "wiggles/extra.py:2",
        "torch.load",
        written("wiggles/extra.py", "import torch\ntorch.load('x')\n"),
    ),
    (
        "code.entry-point",
        "pyproject.toml",
        "called wiggles",
        changed("pyproject.toml", "wiggles = ", "other = "),
    ),
    ("code.project", "pyproject.toml", "TOML", written("pyproject.toml", "[project\n")),
    (
        "dependencies.invalid",
        "requirements.txt",
        "no requirement",
        written("requirements.txt", "numpy >>> 1\n"),
    ),
    (
        "dependencies.address",
        "requirements.txt",
        "no version",
        written("requirements.txt", "x @ https://x.org/x.git\n"),
    ),
    ("example.data", "examples", "nothing to train on", removed("examples/make_data.py")),
    ("example.invalid", "examples/job.json", "no JSON", written("examples/job.json", "{")),
    (
        "example.invalid",
        "examples/job.json: walltime_s",
        "seconds",
        changed("examples/job.json", "300", "-1"),
    ),
]


@pytest.mark.parametrize(
    ("code", "where", "word", "plant"), FAULTS, ids=[f"{n}-{f[0]}" for n, f in enumerate(FAULTS)]
)
def test_a_planted_fault_is_found(written: Path, code: str, where: str, word: str, plant: Plant) -> None:
    plant(written)
    report = files_of(written)
    assert not report.passed
    [found, *_] = [one for one in report.findings if one.code == code and word in one.what]
    assert found.where.startswith(where)
    assert found.level is Level.ERROR
    assert found.mend.endswith(".")


@pytest.mark.parametrize(
    ("code", "plant"),
    [
        ("citation.missing", changed("module.yaml", "citation: |", "normal: |")),
        ("metadata.unknown-key", appended("module.yaml", "descripton: x\n")),
        (
            "resources.missing",
            changed("module.yaml", "memory_MB: 1024, storage_MB: 1000", "storage_MB: 1000"),
        ),
        ("dependencies.unpinned", written("requirements.txt", "numpy>=2\n")),
        ("dockerfile.base-by-tag", written("Dockerfile", "FROM debian:12\nUSER 1000\nCMD x\n")),
        ("tests.missing", removed("tests/test_method.py")),
    ],
)
def test_what_is_no_error_is_said_without_failing(written: Path, code: str, plant: Plant) -> None:
    if code == "citation.missing":
        text = (written / "module.yaml").read_text("utf-8")
        (written / "module.yaml").write_text(text[: text.index("  citation:")], "utf-8")
    else:
        plant(written)
    report = files_of(written)
    assert report.passed, report.errors
    assert code in {finding.code for finding in report.findings}


def test_a_secret_is_never_repeated(written: Path) -> None:
    (written / "wiggles" / "settings.py").write_text(f'TOKEN = "{TOKEN}"\n')
    assert TOKEN not in json.dumps(files_of(written).to_json())


def test_every_problem_of_a_module_is_told_at_once(written: Path) -> None:
    for plant in (removed("README.md"), removed("LICENSE"), appended("Dockerfile", "USER 0\n")):
        plant(written)
    codes = {finding.code for finding in files_of(written).errors}
    assert codes == {"readme.missing", "licence.missing", "dockerfile.root"}


def test_the_command_prints_json_and_writes_a_page(written: Path, tmp_path: Path) -> None:
    removed("LICENSE")(written)
    page = tmp_path / "report.html"
    words = ["modules", "check", str(written), "--json", "--page", str(page), "--static"]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 1
    document = json.loads(answer.output)
    assert (document["passed"], document["module"]) == (False, "wiggles")
    [missing] = [one for one in document["findings"] if one["level"] == "error"]
    assert missing["code"] == "licence.missing"
    assert missing["mend"] in html.unescape(page.read_text("utf-8"))


def test_the_page_shows_hostile_names_as_text(written: Path, tmp_path: Path) -> None:
    (written / "<script>.pkl").write_bytes(b"x")
    page = tmp_path / "report.html"
    CliRunner().invoke(main, ["modules", "check", str(written), "--page", str(page), "--static"])
    assert "<script>" not in page.read_text("utf-8")


def test_a_folder_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["modules", "check", str(tmp_path / "none")])
    assert answer.exit_code == 1
    assert "There is no folder" in answer.output
