"""Tests of the method: run in its container by `huggins modules check`, or by `python -m unittest`."""

import unittest

import numpy as np

from {{ package }}.estimator import fit
from {{ package }}.parameters import TrainSchema


class Quiet:
    """Takes what a run reports, and is never cancelled."""

    def progress(self, *_: object) -> None:
        """Ignore it."""

    def stop_if_cancelled(self) -> None:
        """Go on."""


class MethodTest(unittest.TestCase):
    """The estimator learns what is easy."""

    def test_a_clear_difference_is_learned(self) -> None:
        random = np.random.default_rng(0)
        number = np.arange(60) % 2
        flux = random.normal(0.0, 0.1, (60, 140)).astype(np.float32) + number[:, None].astype(np.float32)
        params = TrainSchema().load({{ test_parameters }})
{% if task == "Regression" %}
        found = fit(flux, number[:, None].astype(float), params, Quiet()).outputs(flux)[:, 0]
        self.assertLess(float(np.abs(found - number).mean()), 0.25)
{% else %}
        found = fit(flux, np.eye(2)[number], params, Quiet()).outputs(flux).argmax(axis=1)
        self.assertGreater(float((found == number).mean()), 0.9)
{% endif %}


if __name__ == "__main__":
    unittest.main()
