"""The end of a recipe: from a block to rows of a feature matrix and rejections."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from spectra.batch import Batch, Observations
from spectra.fault import Reason
from spectra.rejection import Rejection
from spectra.spectrum import FloatArray, Source, SpectrumMeta
from spectra.steps.block import Block, not_finite


def finish(
    block: Block | None,
    metas: Sequence[SpectrumMeta],
    observations: Observations | None,
    reasons: dict[int, Reason],
) -> Batch | None:
    """Make a batch in input order of what the steps left; None where no row is left.

    Parameters
    ----------
    block
        Its rows' `numbers` point into `metas`.
    metas
        Of the whole chunk.
    observations
        Of the whole chunk, or None.
    reasons
        Rows that hold a value that is not finite are added.
    """
    if block is None:
        return None
    with np.errstate(over="ignore"):
        flux = block.flux.astype(np.float32)
    broken = ~np.isfinite(flux)
    for row in np.flatnonzero(broken.any(axis=1)):
        reasons[int(block.numbers[row])] = not_finite(int(broken[row].sum()), flux.shape[1])
    whole = np.flatnonzero(~broken.any(axis=1))
    if not len(whole):
        return None
    order = whole[np.argsort(block.numbers[whole], kind="stable")]
    numbers = [int(number) for number in block.numbers[order]]
    flux = flux if len(order) == len(flux) and (order[1:] > order[:-1]).all() else flux[order]
    return Batch(
        flux=np.ascontiguousarray(flux),
        wavelength=block.wavelength,
        names=[metas[number].name for number in numbers],
        labels=[metas[number].label for number in numbers],
        groups=[metas[number].group for number in numbers],
        sources=[metas[number].source for number in numbers],
        columns=block.columns,
        positions=_positions([metas[number] for number in numbers]),
        observations=None if observations is None else observations.select(numbers),
    )


def _positions(metas: Sequence[SpectrumMeta]) -> FloatArray | None:
    """Return the positions of the spectra on the sky, shape (rows, 2); None where no position is known."""
    known = [(meta.ra, meta.dec) for meta in metas]
    if all(None in pair for pair in known):
        return None
    return np.array([(np.nan, np.nan) if None in pair else pair for pair in known], dtype=np.float64)


def report(
    metas: Sequence[SpectrumMeta],
    reasons: Mapping[int, Reason],
    rejected: Callable[[Rejection], None] | None,
) -> None:
    """Report every rejected spectrum, in input order.

    Parameters
    ----------
    metas
        Of the whole chunk.
    reasons
        By number in the chunk.
    rejected
        Called for each; None reports nothing.
    """
    if rejected is not None:
        for number in sorted(reasons):
            meta = metas[number]
            origin = meta.source if meta.source.path else Source(meta.name)
            rejected(Rejection(origin, reasons[number].text, reasons[number].kind))


def rounded(block: Block) -> Block:
    """Return the block with its flux rounded to float32, as a feature set keeps it."""
    with np.errstate(over="ignore"):
        return replace(block, flux=block.flux.astype(np.float32).astype(np.float64))


def batch_metas(batch: Batch) -> list[SpectrumMeta]:
    """Return the metadata of a batch's rows in the form of a spectrum's."""
    rows = zip(batch.names, batch.labels, batch.groups, batch.sources, strict=True)
    metas = [
        SpectrumMeta(name, label=label, group=group, source=source) for name, label, group, source in rows
    ]
    if batch.positions is None:
        return metas
    return [
        meta if np.isnan(ra) else replace(meta, ra=ra, dec=dec)
        for meta, (ra, dec) in zip(metas, batch.positions.tolist(), strict=True)
    ]
