"""A rejected spectrum, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from spectra.fault import Fault
from spectra.spectrum import Source, UnreadableSpectrum


@dataclass(frozen=True, slots=True)
class Rejection:
    """One spectrum that could not be read or prepared.

    Parameters
    ----------
    origin
        The file, and HDU and row where it holds several.
    reason
        One sentence.
    kind
        The class of the fault.
    """

    origin: Source
    reason: str
    kind: Fault

    @classmethod
    def of(cls, error: UnreadableSpectrum) -> Rejection:
        """Return the rejection of a spectrum that cannot be read."""
        return cls(Source(error.source), error.reason, error.kind)

    @property
    def source(self) -> str:
        """`origin` as people read it."""
        return source_text(self.origin)


def source_text(source: Source) -> str:
    """Return a source as text for people: the path, with HDU and row where they are known."""
    parts = [f"HDU {source.hdu}"] if source.hdu is not None else []
    parts += [f"row {source.row}"] if source.row is not None else []
    return f"{source.path} ({', '.join(parts)})" if parts else source.path
