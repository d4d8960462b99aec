"""Parameters that several methods share: one title, one help and one range each.

A function makes a field anew for each schema; its arguments are what differs between methods.
"""

from __future__ import annotations

from marshmallow import Schema, fields

from deepaas_plugins.methods.spectral_features.decision_rule import RULES
from spectra.steps.parameters import boolean, choice, integer, number

HIGHEST_SEED = 2**32 - 1


def groups() -> fields.Integer:
    """Return the number of groups of random kernels."""
    return integer(
        "Groups of kernels",
        "Groups of 8 random kernels that compete, for each dilation: more are slower and a little better.",
        16,
        minimum=1,
        maximum=64,
    )


def decision() -> fields.String:
    """Return the rule by which a class in an order is decided on."""
    return choice(
        "Decision",
        "Of ordinal classes: the median of the probabilities, whose error is least on average, or densest: "
        "the class about which most of the probability lies, which is right or nearly so most often.",
        list(RULES),
        RULES[0],
        advanced=True,
    )


def folds() -> fields.Integer:
    """Return the parts of a cross-validation that may be left out."""
    return integer(
        "Folds",
        "Parts of the cross-validation, split by object where objects are known; 0 or 1 for none.",
        5,
        minimum=0,
        maximum=50,
    )


def object_weight(default: float) -> fields.Float:
    """Return the exponent of the weight of repeated spectra."""
    return number(
        "Weight of repeated spectra",
        "A spectrum weighs (spectra of its object) to the power of minus this; 1 makes objects weigh alike.",
        default,
        minimum=0.0,
        maximum=1.0,
        advanced=True,
    )


def class_balance(
    told: str = "Power of the balance of classes: 0 leaves frequent classes their weight, 1 makes all weigh "
    "alike.",
) -> fields.Float:
    """Return the exponent of the balance of classes."""
    return number("Class balance", told, 0.7, minimum=0.0, maximum=1.0, advanced=True)


def oversampling(told: str) -> fields.String:
    """Return how rare classes get synthetic spectra; `told` says what else changes with it."""
    return choice(
        "Oversampling",
        "smote: rare classes get synthetic spectra between near ones of the same class until all are equally "
        f"frequent (Chawla et al. 2002), inside the training part of each fold only; {told}",
        ["none", "smote"],
        "none",
        advanced=True,
    )


def high_pass_width() -> fields.Float:
    """Return the width of the Gaussian that a high-pass subtracts."""
    return number(
        "Width of the high-pass",
        "Standard deviation of the Gaussian that is subtracted.",
        40.0,
        minimum=1.0,
        maximum=1000.0,
        unit="points",
        advanced=True,
    )


def smoothing(
    told: str = "Standard deviation of the Gaussian that smooths spectra first; 0 for none.",
) -> fields.Float:
    """Return the width of the Gaussian that smooths spectra."""
    return number("Smoothing", told, 0.0, minimum=0.0, maximum=100.0, unit="points", advanced=True)


def points() -> fields.Integer:
    """Return the greatest length of a spectrum in random convolutions."""
    return integer(
        "Points",
        "Longer spectra are averaged down to at most so many points.",
        512,
        minimum=32,
        maximum=4096,
        advanced=True,
    )


def points_or_all(default: int) -> fields.Integer:
    """Return the greatest length of a spectrum where 0 keeps all of it."""
    return integer(
        "Points",
        "Longer spectra are averaged down to at most so many points; 0 for no limit.",
        default,
        minimum=0,
        maximum=65_536,
        advanced=True,
    )


def random_split(*, default: bool) -> fields.Boolean:
    """Return whether a split that ignores objects is measured too."""
    return boolean(
        "Random split",
        "Also cross-validate with spectra of one object on both sides, to show how much that would flatter; "
        "done only where objects have several spectra, and takes as long as the folds.",
        default,
        advanced=True,
    )


def seed(same: str = "model") -> fields.Integer:
    """Return the seed; `same` is what the same seed gives."""
    told = f"The same seed gives the same {same}."
    return integer("Seed", told, 0, minimum=0, maximum=HIGHEST_SEED, advanced=True)


class ProbabilitiesSchema(Schema):
    """Parameters of the prediction of classes."""

    probabilities = boolean("Probabilities", "Answer with the probability of every class.", True)
