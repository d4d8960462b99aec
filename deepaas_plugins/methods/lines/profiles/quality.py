"""How well profiles of known class are told, by class and by signal-to-noise ratio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.lines.profiles.classifier import ProfileClassifier
from deepaas_plugins.methods.lines.profiles.injection import Injected
from deepaas_plugins.methods.lines.profiles.shapes import CLASSES
from deepaas_plugins.methods.lines.profiles.structure import figures
from deepaas_plugins.methods.lines.smoothing import smoothed

Floats = npt.NDArray[np.float64]

#: Signal-to-noise ratios of the continuum that bins begin at.
BINS = (8.0, 20.0, 50.0, 100.0)
#: From here on the headline figures count.
FROM = 20.0


@dataclass(frozen=True)
class InjectedQuality:
    """Figures on profiles that the classifier has not seen.

    Attributes
    ----------
    precision, recall
        Of each class, from a signal-to-noise ratio of 20 on, shape (classes,); NaN where there is none.
    by_snr
        Share that is told rightly in each bin, shape (bins,).
    counts
        Profiles of each bin, shape (bins,).
    """

    precision: Floats
    recall: Floats
    by_snr: Floats
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, classifier: ProfileClassifier, injected: Injected) -> InjectedQuality:
        """Measure a classifier.

        Parameters
        ----------
        classifier : ProfileClassifier
            To be measured.
        injected : Injected
            Profiles of another seed than those it learned from.

        Returns
        -------
        InjectedQuality
            Its figures.
        """
        values = figures(smoothed(injected.residual), injected.noise)
        told = classifier.probabilities(values).argmax(axis=1)
        right = told == injected.label
        clear = injected.snr >= FROM
        precision, recall = np.full(len(CLASSES), np.nan), np.full(len(CLASSES), np.nan)
        for number in range(len(CLASSES)):
            said, true = clear & (told == number), clear & (injected.label == number)
            if said.any():
                precision[number] = right[said].mean()
            if true.any():
                recall[number] = right[true].mean()
        bins = np.searchsorted(BINS, injected.snr, side="right") - 1
        inside = bins >= 0
        counts = np.bincount(bins[inside], minlength=len(BINS))
        good = np.bincount(bins[inside], right[inside], minlength=len(BINS))
        return cls(precision, recall, good / np.maximum(counts, 1), counts)
