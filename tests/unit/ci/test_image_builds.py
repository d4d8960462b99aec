"""What is asked of docker, with a docker of our own that writes down what it is asked."""

from pathlib import Path

import pytest

from ci import images
from dashboard.publishing.images.docker_build import Build, build_command, ca_bundle, docker_with_buildkit

DIGEST = "127.0.0.1:5001/huggins/som@sha256:" + "1" * 64


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a docker first on the path; returns the file that holds what it was asked."""
    asked = tmp_path / "asked"
    command = tmp_path / "bin" / "docker"
    command.parent.mkdir()
    command.write_text(
        f"""#!/bin/sh
echo "$@" >>{asked}
case "$*" in
    --version) echo "Docker version 28.2.2, build e6534b4" ;;
    *RepoDigests*som*) echo '["elsewhere/huggins/som@sha256:0", "{DIGEST}"]' ;;
    *RepoDigests*) echo '[]' ;;
    tag*|push*) ;;
    *) echo "no such thing" >&2; exit 1 ;;
esac
"""
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:/usr/bin:/bin")
    return asked


def test_a_push_answers_with_the_digest_of_the_registry_it_went_to(docker: Path) -> None:
    assert images.push("huggins/som:1.0", "127.0.0.1:5001") == DIGEST
    assert "tag huggins/som:1.0 127.0.0.1:5001/huggins/som:1.0" in docker.read_text()


def test_an_image_never_pushed_has_no_digest(docker: Path) -> None:
    with pytest.raises(images.NoSuchDigest, match="huggins/rdf:1 was not pushed to 127"):
        images.digest("huggins/rdf:1", "127.0.0.1:5001")


def test_what_docker_complains_of_is_passed_on(docker: Path) -> None:
    assert not images.has_image("huggins/none")
    with pytest.raises(images.DockerRejected, match="no such thing"):
        images._docker("frobnicate")


def test_a_new_docker_without_buildx_is_passed_over(docker: Path, tmp_path: Path) -> None:
    older = tmp_path / "older" / "docker"
    older.parent.mkdir()
    older.write_text("#!/bin/sh\n[ $1 = --version ] && echo 'Docker version 20.10.24+dfsg1, build 297e128'\n")
    older.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{docker.parent / 'bin'}:{older.parent}:/usr/bin:/bin")
        docker_with_buildkit.cache_clear()
        assert docker_with_buildkit() == str(older)
    docker_with_buildkit.cache_clear()


def test_certificates_are_lent_as_a_secret_only_where_the_machine_has_its_own() -> None:
    wanted = Build("Dockerfile", lambda stream: None, tags=("a:1",), arguments={"X": "y"}, labels={"l": "v"})
    plain = build_command("docker", wanted, None, None)
    assert plain[-6:] == ["--tag", "a:1", "--build-arg", "X=y", "--label", "l=v"]
    assert build_command("docker", wanted, Path("/ca.pem"), "host") == [
        *plain, "--secret", "id=ca,src=/ca.pem", "--network", "host",
    ]  # fmt: skip


def test_pips_own_certificates_count_before_the_systems() -> None:
    both = {"SSL_CERT_FILE": "/system.pem", "PIP_CERT": "/pip.pem"}
    assert ca_bundle(both) == Path("/pip.pem")


def test_a_folder_without_a_description_is_no_module(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    with pytest.raises(FileNotFoundError, match=r"no module\.yaml"):
        images.build_folder(tmp_path, "som")


def test_a_modules_version_is_read_from_its_description(tmp_path: Path) -> None:
    (tmp_path / "module.yaml").write_text("title: SOM\nhuggins: {version: 1.10}\n")
    with pytest.raises(TypeError, match="quote the version"):
        images.module_version(tmp_path)
    (tmp_path / "module.yaml").write_text("title: SOM\nhuggins: {version: 1.10.0}\n")
    assert images.module_version(tmp_path) == "1.10.0"
    (tmp_path / "module.yaml").write_text("title: SOM\n")
    with pytest.raises(ValueError, match=r"gives no huggins\.version"):
        images.module_version(tmp_path)


def test_a_module_on_two_bases_has_two_images(tmp_path: Path) -> None:
    modules = images.ROOT / "modules"
    assert images.image_bases(modules / "som") == {"": "plain"}
    assert images.image_bases(modules / "cnn") == {"": "tensorflow", "-serve": "plain"}
    (tmp_path / "module.yaml").write_text("huggins: {bases: {training: caffe}}")
    with pytest.raises(ValueError, match=r"no base 'caffe'; there are: plain, tensorflow"):
        images.image_bases(tmp_path)


def test_every_larger_base_has_a_dockerfile() -> None:
    for base in set(images.BASES) - {"plain"}:
        assert (images.ROOT / "ci" / "base" / base / "Dockerfile").is_file()
