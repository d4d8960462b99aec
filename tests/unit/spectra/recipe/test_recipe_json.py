import json

import pytest

from spectra import STEPS, Recipe, RecipeError, describe_steps
from tests.unit.spectra.recipe.examples import recipe

GRID = {"minimum": 6500.0, "maximum": 6600.0, "points": 50}
RESAMPLE = {"step": "resample", **GRID}


def error_of(*steps) -> RecipeError:
    with pytest.raises(RecipeError) as caught:
        recipe(*steps)
    return caught.value


def test_a_recipe_comes_back_from_its_json_with_all_defaults_written_out():
    made = recipe({"step": "cutout", "minimum": 6500, "maximum": 6600}, RESAMPLE, {"step": "scale"})
    text = json.dumps(made.to_json(), allow_nan=False)
    again = Recipe.from_json(json.loads(text))
    assert again.to_json() == made.to_json()
    assert made.to_json()["steps"][2] == {"step": "scale", "method": "minmax"}


@pytest.mark.parametrize("name", STEPS)
def test_every_step_comes_back_from_its_json(name):
    needed = {"cutout": {"minimum": 1.0, "maximum": 2.0}, "resample": GRID, "degrade": {"resolution": 500.0}}
    after = [RESAMPLE] if name == "rest_frame" else []
    made = recipe({"step": name, **needed.get(name, {})}, *after)
    assert Recipe.from_json(made.to_json()).to_json() == made.to_json()


@pytest.mark.parametrize(
    ("obj", "words"),
    [
        (None, "an object"),
        ([], "an object"),
        ({"steps": {}}, "an object"),
        ({"schema": 2, "steps": []}, "schema is 2"),
        ({"steps": [], "more": 1}, "'more'"),
        ({"steps": ["scale"]}, "step 1: a step is an object"),
        ({"steps": [{"step": "scale"}] * 101}, "at most 100"),
    ],
)
def test_what_is_no_recipe_is_rejected_with_the_reason(obj, words):
    with pytest.raises(RecipeError, match=words):
        Recipe.from_json(obj)


def test_an_unknown_step_is_named_with_its_place_and_the_steps_that_exist():
    error = error_of(RESAMPLE, {"step": "flatten"})
    assert "step 2 (flatten)" in str(error)
    assert "continuum" in error.reason


@pytest.mark.parametrize(
    ("step", "parameter", "words"),
    [
        ({"step": "scale", "methode": "l2"}, "methode", "no such parameter"),
        ({"step": "scale", "method": "loud"}, "method", "Must be one of"),
        ({"step": "cutout", "minimum": 6500.0}, "maximum", "required"),
        ({"step": "cutout", "minimum": -1.0, "maximum": 5.0}, "minimum", "greater than 0"),
        ({"step": "cutout", "minimum": 6600.0, "maximum": 6500.0}, "maximum", "longer than minimum"),
        ({"step": "cutout", "minimum": "blue", "maximum": 5.0}, "minimum", "number"),
        ({"step": "cutout", "minimum": float("nan"), "maximum": 5.0}, "minimum", "nan or infinity"),
        ({"step": "resample", "minimum": 1.0, "maximum": 2.0}, "points", "either points or spacing"),
        ({"step": "resample", "minimum": 1.0, "maximum": 2.0, "points": 2.5}, "points", "integer"),
        ({"step": "resample", "minimum": 1.0, "maximum": 2.0, "points": 10**6}, "points", "100000"),
        ({"step": "resample", "minimum": 1.0, "maximum": 9.0, "spacing": 1e-9}, "spacing", "points"),
        ({"step": "resample", "wavelength": [3.0, 2.0]}, "wavelength", "ascending"),
        ({"step": "resample", "wavelength": [2.0, 3.0], "points": 4}, "wavelength", "together with points"),
        ({"step": "degrade"}, "resolution", "either resolution or fwhm"),
        ({"step": "degrade", "resolution": 2000.0, "original_resolution": 1000.0}, "resolution", "finer"),
        ({"step": "degrade", "fwhm": 1.0, "original_fwhm": 2.0}, "fwhm", "finer"),
        ({"step": "pca", "components": 0}, "components", "1"),
        ({"step": "mask", "maximum_fraction": 1.5}, "maximum_fraction", "1"),
        ({"step": "wavelet", "wavelet": "db99"}, "wavelet", "Must be one of"),
        ({"step": "snr", "shortest": 5.0, "longest": 4.0}, "longest", "longer than shortest"),
    ],
)
def test_a_bad_parameter_is_named_with_the_reason(step, parameter, words):
    error = error_of(step)
    assert error.parameter == parameter
    assert words in error.reason
    assert f"step 1 ({step['step']}), parameter {parameter}" in str(error)


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([{"step": "pca"}, RESAMPLE], "after the last resample"),
        ([{"step": "standardise"}, RESAMPLE], "after the last resample"),
        ([{"step": "wavelet"}, RESAMPLE], "after the last resample"),
        ([RESAMPLE, {"step": "pca"}, {"step": "cutout", "minimum": 1.0, "maximum": 2.0}], "after pca"),
        ([RESAMPLE, {"step": "wavelet"}, {"step": "continuum"}], "after wavelet"),
        ([{"step": "rest_frame"}], "resample step after it"),
        ([RESAMPLE, {"step": "rest_frame"}, {"step": "scale"}], "resample step after it"),
    ],
)
def test_an_order_that_cannot_work_is_rejected(steps, words):
    assert words in error_of(*steps).reason


def test_a_denoising_wavelet_leaves_wavelengths_for_later_steps():
    recipe(RESAMPLE, {"step": "wavelet", "output": "denoised"}, {"step": "continuum"})


def test_descriptions_have_what_a_form_needs():
    described = describe_steps()
    assert [entry["step"] for entry in described] == list(STEPS)
    for entry in described:
        assert entry["title"]
        assert entry["help"].endswith(".")
        for parameter in entry["parameters"]:
            assert parameter["help"], (entry["step"], parameter["name"])
            assert parameter["type"] in {"integer", "number", "string", "boolean", "array"}
            assert parameter["group"] in {"basic", "advanced"}
            assert parameter["required"] or parameter["nullable"] or parameter["default"] is not None
    json.dumps(described, allow_nan=False)
    fitted = {entry["step"] for entry in described if entry["fitted"]}
    assert fitted >= {"standardise", "pca", "ica", "feature_selection"}
    assert not fitted & {"scale", "resample", "continuum", "wavelet"}


def test_a_description_gives_range_choices_unit_and_default():
    by_name = {entry["step"]: {p["name"]: p for p in entry["parameters"]} for entry in describe_steps()}
    assert by_name["cutout"]["minimum"]["exclusive_minimum"] == 0.0
    assert by_name["cutout"]["minimum"]["unit"] == "Å"
    assert by_name["cutout"]["minimum"]["required"]
    assert by_name["pca"]["components"] == {
        "name": "components",
        "title": "Components",
        "type": "integer",
        "default": 20,
        "required": False,
        "nullable": False,
        "help": "How many components are kept.",
        "unit": "",
        "group": "basic",
        "minimum": 1,
        "maximum": 4096,
    }
    assert "l2" in by_name["scale"]["method"]["choices"]
    assert by_name["resample"]["wavelength"]["items"] == "number"
