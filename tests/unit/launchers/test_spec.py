"""What a launcher may be asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchers import Handle, LaunchSpec, Mount
from launchers.spec import NAME


def spec(**values: Any) -> LaunchSpec:
    return LaunchSpec(**{"name": "attempt-1", "image": "sha256:0", "command": ("python",), **values})


names = st.from_regex(NAME, fullmatch=True)
text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
places = st.lists(st.from_regex(r"[A-Za-z0-9_ é]{1,8}", fullmatch=True), min_size=1, max_size=3).map(
    lambda parts: "/" + "/".join(parts)
)
mounts = st.lists(
    st.builds(Mount, places.map(Path), places, st.booleans()),
    max_size=3,
    unique_by=lambda mount: mount.target,
).map(tuple)
specs = st.builds(
    LaunchSpec,
    name=names,
    image=text,
    command=st.lists(text.filter(bool), min_size=1, max_size=4).map(tuple),
    mounts=mounts,
    workdir=places,
    env=st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True), text, max_size=3),
    cpus=st.floats(0.1, 64),
    memory_mb=st.integers(16, 10**6),
    gpus=st.integers(0, 8),
    walltime_s=st.none() | st.integers(1, 10**6),
    port=st.booleans(),
    network=st.booleans(),
    owner=text,
)


@given(specs)
def test_a_specification_comes_back_from_json_as_it_was(made: LaunchSpec) -> None:
    assert LaunchSpec.from_json(json.loads(json.dumps(made.to_json()))) == made


@given(st.builds(Handle, text, names, text, st.none() | text))
def test_a_handle_comes_back_from_json_as_it_was(made: Handle) -> None:
    assert Handle.from_json(json.loads(json.dumps(made.to_json()))) == made


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "../etc"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a" * 64}, "name"),
        ({"name": "Upper"}, "name"),
        ({"name": "a\n"}, "name"),
        ({"command": ()}, "command"),
        ({"command": ("",)}, "command"),
        ({"command": ("a\0b",)}, "NUL"),
        ({"workdir": "job"}, "workdir"),
        ({"workdir": "/job/../etc"}, "workdir"),
        ({"env": {"A=B": "c"}}, "A=B"),
        ({"env": {"A": "\0"}}, "NUL"),
        ({"cpus": 0}, "cpus"),
        ({"cpus": float("nan")}, "cpus"),
        ({"memory_mb": 15}, "memory_mb"),
        ({"gpus": -1}, "gpus"),
        ({"parts": 0}, "parts"),
        ({"parts": 1001}, "parts"),
        ({"walltime_s": 0}, "walltime_s"),
        ({"mounts": (Mount(Path("/a"), "/x"), Mount(Path("/b"), "/x"))}, "same target"),
    ],
)
def test_what_makes_no_sense_is_rejected_by_name(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        spec(**values)


@pytest.mark.parametrize(
    ("source", "target"),
    [("relative", "/x"), ("/a", "x"), ("/a", "/x/../y"), ("/a", "/x//y"), ("/a:b", "/x"), ("/a", "/x:ro")],
)
def test_a_mount_between_other_than_absolute_plain_paths_is_rejected(source: str, target: str) -> None:
    with pytest.raises(ValueError, match=r"mount|absolute"):
        Mount(Path(source), target)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"schema": None},
        {"privileged": True},
        {"name": "../x"},
        {"mounts": [{"source": "/a"}]},
        {"cpus": "x"},
    ],
)
def test_json_that_is_no_specification_is_rejected(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        LaunchSpec.from_json({**spec().to_json(), **change})


def test_json_without_a_field_that_must_be_there_is_rejected() -> None:
    described = spec().to_json()
    del described["mounts"]
    with pytest.raises(ValueError, match="mounts"):
        LaunchSpec.from_json(described)
    with pytest.raises(ValueError, match="handle"):
        Handle.from_json({"schema": 1, "name": "x"})


def test_a_specification_does_not_change_with_the_mapping_it_was_made_from() -> None:
    env = {"A": "1"}
    made = spec(env=env)
    env["A"] = "2"
    assert made.env == {"A": "1"}
