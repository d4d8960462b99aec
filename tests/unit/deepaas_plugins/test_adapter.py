"""A method as a DEEPaaS object: fields, process borders, errors, uploads."""

from __future__ import annotations

import json
import pickle
import tempfile
from collections import namedtuple
from pathlib import Path

import pytest
from aiohttp import web
from marshmallow import Schema

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.deepaas.errors import AnswerError, InputError
from deepaas_plugins.deepaas.uploaded import uploaded
from deepaas_plugins.methods.rdf import plugin

Upload = namedtuple("Upload", "name filename content_type original_filename")


def test_numbers_of_a_query_string_are_taken_as_text() -> None:
    # As webargs makes it (importing webargs warns with this marshmallow).
    schema = Schema.from_dict(plugin.get_train_args())
    loaded = schema().load({"input": "/data", "trees": "12", "test_fraction": "0.2", "bootstrap": "false"})
    assert (loaded["trees"], loaded["test_fraction"], loaded["bootstrap"]) == (12, 0.2, False)
    assert loaded["max_depth"] is None


def test_every_field_has_a_default_that_a_command_line_can_show() -> None:
    for field in (plugin.get_train_args() | plugin.get_predict_args()).values():
        assert field.required or json.dumps(field.load_default) is not None


def test_the_object_is_the_same_on_the_other_side_of_a_process_border() -> None:
    assert pickle.loads(pickle.dumps(plugin)) is plugin
    assert pickle.loads(pickle.dumps(plugin.predict)).__self__ is plugin


@pytest.mark.parametrize(
    ("error", "status"), [(InputError("no such grid"), 422), (AnswerError("KeyError: 'x'"), 500)]
)
def test_an_error_arrives_as_the_http_answer_with_its_message(error: AnswerError, status: int) -> None:
    arrived = pickle.loads(pickle.dumps(error))
    assert isinstance(arrived, web.HTTPException)
    assert arrived.status == status
    assert json.loads(arrived.text or "") == {"status": "error", "message": str(error)}


def test_an_input_error_is_a_value_error_where_it_is_raised() -> None:
    assert issubclass(InputError, ValueError)


def test_predicting_without_a_model_is_rejected_and_the_upload_is_deleted(monkeypatch) -> None:
    monkeypatch.delenv("HUGGINS_MODEL", raising=False)
    with tempfile.NamedTemporaryFile(delete=False) as stored:
        stored.write(b"x")
    with pytest.raises(InputError, match="HUGGINS_MODEL"):
        plugin.predict(data=Upload("data", stored.name, "", "star.fits"))
    assert not Path(stored.name).exists()


def test_an_upload_gets_its_own_name_back_but_no_path() -> None:
    with tempfile.NamedTemporaryFile(delete=False) as stored:
        stored.write(b"x")
    with uploaded(Upload("data", stored.name, "", "../../etc/star 1.fits.gz")) as path:
        assert path.name == "star_1.fits.gz"
        assert path.read_bytes() == b"x"
    assert not path.exists()


def test_a_file_outside_the_temporary_folder_is_never_deleted(tmp_path: Path, monkeypatch) -> None:
    kept = tmp_path / "mine.fits"
    kept.write_bytes(b"x")
    with uploaded(Upload("data", str(kept), "", "mine.fits")):
        pass
    assert kept.exists()


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_recipe_that_is_no_json_object_is_rejected(text: str) -> None:
    with pytest.raises(InvalidInput, match="Parameter recipe is no"):
        plugin.train(input="/nowhere", recipe=text)
