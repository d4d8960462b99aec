"""Modules of others: what they answer, how they fail, and what they are told of a file."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from marshmallow import fields

from deepaas_plugins.serve.formats.arguments import RawRequest, Upload
from deepaas_plugins.serve.worker.answer import Answer
from deepaas_plugins.serve.worker.plain_module import PlainModule, with_files


def answer(predict: Any, tmp_path: Path) -> Answer:
    module = PlainModule("small", SimpleNamespace(predict=predict))
    return module.predict([(RawRequest(), tmp_path)])[0]


def test_numbers_that_are_none_are_null(tmp_path: Path) -> None:
    found = answer(lambda: {"x": float("nan"), "y": [float("inf"), 1.0]}, tmp_path)
    assert json.loads(found.body)["predictions"] == {"x": None, "y": [None, 1.0]}


def test_the_reason_behind_a_reason_is_told(tmp_path: Path) -> None:
    def chained() -> NoReturn:
        try:
            raise ValueError("The path x does not exist")
        except ValueError as error:
            raise TypeError("argument is not iterable") from error

    def implicit() -> NoReturn:
        try:
            raise ValueError("The path x does not exist")
        except ValueError:
            "a".missing  # noqa: B018 - a fault of the module

    for failing in (chained, implicit):
        found = answer(failing, tmp_path)
        assert found.status == 500
        assert "ValueError: The path x does not exist" in str(found.problem)

    def hidden() -> NoReturn:
        try:
            raise ValueError("secret")
        except ValueError:
            raise TypeError("told") from None

    assert answer(hidden, tmp_path).problem == "TypeError: told"


class Mute(Exception):
    """Its sentence cannot be made."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Mute(), "Mute: "),
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt: "),
        (BaseException("base"), "BaseException: base"),
        (GeneratorExit(), "GeneratorExit: "),
    ],
)
def test_whatever_a_module_raises_is_an_answer(error: BaseException, told: str, tmp_path: Path) -> None:
    def failing() -> NoReturn:
        raise error

    found = answer(failing, tmp_path)
    assert (found.status, found.problem) == (500, told)


def test_a_very_long_reason_is_told_by_its_beginning(tmp_path: Path) -> None:
    def failing() -> NoReturn:
        raise ValueError("x" * 1_000_000)

    assert len(str(answer(failing, tmp_path).problem)) < 20_000


def test_accept_without_choices_is_taken_as_it_is(tmp_path: Path) -> None:
    accept = fields.Str(load_default="application/json", metadata={"location": "headers"})
    target = SimpleNamespace(predict=lambda **_: 1, get_predict_args=lambda: {"accept": accept})
    module = PlainModule("small", target)
    assert module.predict([(RawRequest(), tmp_path)])[0].status == 200


def test_metadata_that_fails_keeps_nothing_from_working(tmp_path: Path) -> None:
    def failing() -> NoReturn:
        raise FileNotFoundError("rclone")

    module = PlainModule("small", SimpleNamespace(predict=lambda: 1, get_metadata=failing))
    assert module.describe()["batches"] is False
    told = module.metadata()
    assert (told.status, told.problem) == (500, "FileNotFoundError: rclone")
    assert json.loads(module.predict([(RawRequest(), tmp_path)])[0].body)["predictions"] == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("../../../../x", "x"),
        ("C:\\fakepath\\a.png", "a.png"),
        ("a/..", ""),
        (".", ""),
        ("sp\u00e9c trum.fits", "sp\u00e9c trum.fits"),
        ("a\r\nb\x00.fits", "ab.fits"),
    ],
)
def test_a_files_name_has_no_folders(tmp_path: Path, given: str, told: str) -> None:
    upload = Upload("data", given, "text/plain", memoryview(b"x"))
    found = with_files({"data": upload}, tmp_path / "1")["data"]
    assert found.original_filename == told
    assert Path(found.filename).parent == tmp_path / "1"
