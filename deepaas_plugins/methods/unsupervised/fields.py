"""Parameters that unsupervised methods share; a function makes a field anew for each schema."""

from __future__ import annotations

from marshmallow import fields

from spectra.steps.parameters import integer


def sample_rows(fitted: str) -> fields.Integer:
    """Return the number of spectra that something is fitted to.

    Parameters
    ----------
    fitted : str
        What is, as the beginning of a sentence goes on: "the detectors are fitted to".
    """
    return integer(
        "Sample",
        f"Spectra that {fitted}",
        50_000,
        minimum=100,
        maximum=1_000_000,
        advanced=True,
    )


def latent(least: int) -> fields.Integer:
    """Return the width of the autoencoder's bottleneck."""
    return integer(
        "Bottleneck",
        "Neurons in the middle of the autoencoder.",
        8,
        minimum=least,
        maximum=256,
        advanced=True,
    )


def epochs() -> fields.Integer:
    """Return the number of passes of the autoencoder's training."""
    return integer(
        "Epochs",
        "Passes of the autoencoder's training over at most 20,000 spectra.",
        40,
        minimum=1,
        maximum=10_000,
        advanced=True,
    )
