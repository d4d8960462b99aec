"""What the command line and the environment say."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from deepaas_plugins.pipeline.machine_memory import machine_memory
from deepaas_plugins.serve.__main__ import upstream_command
from deepaas_plugins.serve.options import MOST_SPECTRA, parse, spectra_for


def test_it_listens_where_it_is_told_and_serves_what_it_is_told() -> None:
    environment = {"HUGGINS_HOST": "127.0.0.1", "DEEPAAS_V2_MODEL": "rdf", "HUGGINS_STATE": "/state"}
    options = parse(["--port", "7"], environment)
    assert (options.host, options.port, options.model) == ("127.0.0.1", 7, "rdf")
    assert options.state == Path("/state")
    assert parse([], {"HUGGINS_PORT": "8"}).port == 8


def test_upstreams_names_of_options_are_understood() -> None:
    given = [
        "--listen-ip",
        "::1",
        "--listen-port",
        "9",
        "--model-name",
        "som",
        "--base-path",
        "/a/",
        "-p",
        "3",
    ]
    options = parse([*given, "--notrain-endpoint", "--nowarm", "--client-max-size", "17"], {})
    assert (options.host, options.port, options.model, options.base_path) == ("::1", 9, "som", "/a")
    assert (options.workers, options.train_endpoint, options.warm, options.maximum_body) == (
        3,
        False,
        False,
        17,
    )
    assert options.predict_endpoint


@pytest.mark.parametrize(
    "wrong",
    [
        ["--base-path", "a"],
        ["--workers", "0"],
        ["--queue-limit", "0"],
        ["--max-points", "0"],
        ["--max-spectra", "-1"],
        ["--port", "x"],
    ],
)
def test_what_cannot_be_is_rejected(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(wrong, {})
    assert "error:" in capsys.readouterr().err


def test_a_modules_image_may_say_how_long_a_spectrum_may_be() -> None:
    environment = {"HUGGINS_MAX_POINTS": "70"}
    assert parse([], environment).maximum_points == 70
    assert parse(["--max-points", "80"], environment).maximum_points == 80


def test_how_many_spectra_a_request_may_have_follows_from_the_memory() -> None:
    gigabyte = 2**30
    assert spectra_for(parse([], {}), 64 * gigabyte) == MOST_SPECTRA
    assert spectra_for(parse([], {}), gigabyte) == 4096
    assert spectra_for(parse(["--workers", "4"], {}), gigabyte) == 1024
    assert spectra_for(parse([], {}), 1) == 1
    assert spectra_for(parse(["--max-spectra", "7"], {}), 64 * gigabyte) == 7
    assert 2**24 < machine_memory() <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_upstreams_own_server_gets_the_same_address_and_module() -> None:
    command = upstream_command(parse(["--host", "127.0.0.1", "--port", "7", "--model-name", "rdf"], {}))
    assert command[0].endswith("deepaas-run")
    assert command[1:] == ["--listen-ip", "127.0.0.1", "--listen-port", "7", "--model-name", "rdf"]


def test_servers_in_two_folders_do_not_share_their_trainings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    states = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        states.add(parse([], {}).state)
    assert states == {tmp_path / "one" / "huggins-trainings", tmp_path / "two" / "huggins-trainings"}


def test_upstreams_configuration_files_are_read_below_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "one.conf").write_text(
        "[DEFAULT]\nlisten_port = 7\nwarm = false\nmodel-name = som\nuse_syslog = no\nunheard_of = 1\n"
        "[oslo]\nworkers = 9\n"
    )
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.conf").write_text("[DEFAULT]\nlisten_port = 8\ntrain_endpoint = 0\n")
    given = ["--config-file", str(tmp_path / "one.conf"), "--config-dir", str(tmp_path / "conf.d")]
    options = parse(given, {})
    assert (options.port, options.warm, options.model, options.train_endpoint) == (8, False, "som", False)
    assert options.workers == 1
    environment = {"OS_DEFAULT__LISTEN_PORT": "9", "OS_DEFAULT__DEBUG": "true"}
    assert (parse(given, environment).port, parse(given, environment).debug) == (9, True)
    options = parse([*given, "--port", "10", "--warm", "--nodebug"], environment)
    assert (options.port, options.warm, options.debug) == (10, True, False)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--debug-endpoint"], "--debug-endpoint"),
        (["--use-syslog"], "--use-syslog"),
        (["--use-json"], "--use-json"),
        (["--log-config-append", "x"], "--log-config-append"),
        (["--log-date-format", "x"], "--log-date-format"),
        (["--config-file", "/no/such/file"], "/no/such/file"),
        (["--config-dir", "/no/such/folder"], "/no/such/folder"),
    ],
)
def test_what_is_not_taken_of_upstream_is_named(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(arguments, {})
    assert named in capsys.readouterr().err.partition("error:")[2]


def test_every_option_of_upstream_is_taken_or_named(capsys: pytest.CaptureFixture[str]) -> None:
    """As `deepaas-run --help` lists them: none is an unknown one."""
    program = str(Path(sys.executable).with_name("deepaas-run"))
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True, timeout=120).stdout
    options = sorted(set(re.findall(r"(--[a-z-]+)\b", text.partition("options:")[2])))
    assert len(options) > 30
    unknown = []
    for option in options:
        with contextlib.suppress(SystemExit):
            parse([option], {})
        if "unrecognized" in capsys.readouterr().err:
            unknown.append(option)
    assert unknown == []


def test_the_log_goes_to_the_file_that_is_named(tmp_path: Path) -> None:
    code = "import sys; from deepaas_plugins.serve.upstream_options import open_log; "
    code += "open_log('a.log', sys.argv[1]); sys.stderr.write('told')"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=60)
    assert (tmp_path / "a.log").read_text() == "told"
