"""A random sample of rows that are read once."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from spectra.spectrum import FloatArray


def sample_rows(chunks: Iterable[FloatArray], most: int, seed: int) -> FloatArray:
    """Draw at most so many rows, every set equally likely, in one pass and in bounded memory.

    Each row gets a random key; the rows of the smallest keys are the sample, in the order in which they came.

    Returns
    -------
    FloatArray
        Shape (min(rows, most), n); (0, 0) without rows.
    """
    generator = np.random.default_rng(seed)
    kept: FloatArray = np.zeros((0, 0))
    keys = np.zeros(0)
    for chunk in chunks:
        kept = np.concatenate((kept, chunk)) if len(kept) else chunk
        keys = np.concatenate((keys, generator.random(len(chunk))))
        if len(kept) > most:
            chosen = np.sort(np.argpartition(keys, most)[:most])
            kept, keys = kept[chosen], keys[chosen]
    return kept
