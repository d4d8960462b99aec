"""What a training that is asked for through a deployment may read and write."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepaas_plugins.serve.http.training_routes import check_paths
from deepaas_plugins.serve.options import Options, parse
from deepaas_plugins.serve.problems import Problem


@pytest.fixture
def options(tmp_path: Path) -> Options:
    (tmp_path / "job" / "in").mkdir(parents=True)
    (tmp_path / "state").mkdir()
    (tmp_path / "job" / "link").symlink_to("/etc")
    return Options(train_input=tmp_path / "job", state=tmp_path / "state")


def test_input_and_labels_lie_below_the_deployments_folder(options: Options, tmp_path: Path) -> None:
    check_paths({"input": str(tmp_path / "job" / "in"), "labels": str(tmp_path / "state" / "a.csv")}, options)
    check_paths({"input": str(tmp_path / "job" / "in"), "labels": None, "output": None}, options)
    (tmp_path / "job" / "ring").symlink_to("ring")
    nowhere = (f"{tmp_path}/job/a\0b", f"{tmp_path}/job/ring/x")
    for path in (
        *nowhere,
        "/etc",
        str(tmp_path),
        str(tmp_path / "job" / "link" / "passwd"),
        f"{tmp_path}/job/../x",
    ):
        for name in ("input", "labels"):
            with pytest.raises(Problem, match=f"Parameter {name} leads out"):
                check_paths({"input": str(tmp_path / "job"), name: path}, options)


def test_the_output_is_never_chosen(options: Options, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="output cannot be chosen"):
        check_paths({"input": str(tmp_path / "job"), "output": str(tmp_path / "job" / "o")}, options)


def test_a_server_of_ones_own_trains_on_anything() -> None:
    check_paths({"input": "/data", "output": "/out"}, Options())


def test_the_environment_says_what_a_deployment_is_confined_to(tmp_path: Path) -> None:
    environment = {"HUGGINS_SECRET": "s", "HUGGINS_TRAIN_INPUT": ".", "HUGGINS_STATE": "state"}
    options = parse([], environment)
    assert (options.secret, options.train_input) == ("s", Path.cwd())
    assert options.state == Path.cwd() / "state"
    assert (parse([], {}).host, parse([], {}).secret) == ("127.0.0.1", "")
