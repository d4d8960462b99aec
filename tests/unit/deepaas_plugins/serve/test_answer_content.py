"""What a module may answer with where no JSON was asked for."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from deepaas_plugins.serve.worker.answer_content import answer_of

ZIP = "application/zip"


@pytest.mark.parametrize(
    "content", [b"data", "data", io.BytesIO(b"data"), io.StringIO("data"), iter([b"da", "ta"])]
)
def test_bytes_texts_files_and_generators_are_answers(content: object, tmp_path: Path) -> None:
    assert answer_of(content, ZIP, tmp_path).body == b"data"


def test_a_file_whose_name_is_gone_is_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "gone"
    path.write_bytes(b"data")
    file = path.open("rb")
    path.unlink()
    assert answer_of(file, ZIP, tmp_path).body == b"data"


def test_a_device_or_pipe_that_never_ends_is_none(tmp_path: Path) -> None:
    with Path("/dev/zero").open("rb") as device, pytest.raises(ValueError, match="may never end"):
        answer_of(device, ZIP, tmp_path)
    reading, writing = os.pipe()
    os.write(writing, b"data")
    with pytest.raises(ValueError, match="may never end"):
        answer_of(os.fdopen(reading, "rb"), ZIP, tmp_path)
    os.close(writing)
