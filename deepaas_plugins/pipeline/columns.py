"""What the columns of a table of predictions mean: description, unit and UCD (IVOA UCD1+ 1.5)."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    name, kind
        As in the files.
    description, unit, ucd
        For people and programs; empty where there is nothing to say.
    """

    name: str
    kind: pa.DataType
    description: str = ""
    unit: str = ""
    ucd: str = ""

    def field(self) -> pa.Field:
        """Return it as Arrow has it, with what it means as metadata."""
        told = {"description": self.description, "unit": self.unit, "ucd": self.ucd}
        return pa.field(self.name, self.kind, metadata={key: value for key, value in told.items() if value})


#: Name to description, unit, UCD.
KNOWN = {
    "row": ("Row of the prepared spectra (features.parquet), counted from 0", "", "meta.record"),
    "name": ("Name of the spectrum", "", "meta.id;meta.main"),
    "path": ("File, as the dataset calls it", "", "meta.ref;meta.file"),
    "hdu": ("HDU of the file, counted from 0", "", "meta.number"),
    "file_row": ("Row within the file, counted from 0", "", "meta.record"),
    "ra": ("Right ascension (ICRS)", "deg", "pos.eq.ra;meta.main"),
    "dec": ("Declination (ICRS)", "deg", "pos.eq.dec;meta.main"),
    "dataset_label": ("Class that the dataset says", "", "meta.code.class"),
    "label": ("Class that the model says", "", "meta.code.class;meta.modelled"),
    "probability": ("Probability of the class that the model says", "", "stat.probability"),
    "calibrated": ("Whether the probabilities are calibrated", "", "meta.code"),
    "value": ("Value that the model says", "", "stat.value;meta.modelled"),
    "spread": ("Spread of the model's answers about the value", "", "stat.stdev"),
    "sigma": ("Half width that covers 68 % of held-out objects", "", "stat.error"),
    "interval_low": ("Lower end of the prediction interval", "", "stat.error;stat.min"),
    "interval_high": ("Upper end of the prediction interval", "", "stat.error;stat.max"),
    "set": (
        "Classes of the prediction set, the most probable first (JSON)",
        "",
        "meta.code.class;meta.modelled",
    ),
    "coverage": ("Share of objects whose set or interval is made to hold the truth", "", "stat.probability"),
    "domain_state": (
        "Whether it is like the training spectra: inside, edge or outside",
        "",
        "meta.code.qual",
    ),
    "domain_reason": ("Why the domain is said to be so", "", "meta.note"),
    "domain_causes": ("What of it is not as in the training set: flux, coverage, snr …", "", "meta.note"),
    "domain_quantile": ("Share of held-out training spectra that are nearer in flux", "", "stat.probability"),
    "domain_distance": ("Distance to the training spectra, 1 at the domain's end", "", "stat.fit.residual"),
    "distance": ("Distance to the nearest prototype of the map", "", "stat.fit.residual"),
    "is_outlier": ("Whether it is unlike what the model was trained on", "", "meta.code.qual"),
    "nearest_distance": ("Distance to the nearest training spectrum", "", "stat.fit.residual"),
    "similar": ("Nearest training spectra (JSON)", "", "meta.note"),
    "oddness": ("Share of the training spectra that are less odd", "", "stat.probability"),
    "disagreement": ("Standard deviation of the detectors' quantiles", "", "stat.stdev"),
    "odd_at": ("Where it differs most from what is expected (JSON)", "", "meta.note"),
    "relevance": ("Oddness weighed by what was marked as interesting", "", "stat.value"),
    "expected_mark": ("How interesting it is expected to be, 0 to 5", "", "stat.value"),
    "cell_row": ("Row of the cell on the map, counted from 0", "", "meta.number"),
    "cell_column": ("Column of the cell on the map, counted from 0", "", "meta.number"),
    "label_cell_row": ("Row of the cell that the class is taken from", "", "meta.number"),
    "label_cell_column": ("Column of the cell that the class is taken from", "", "meta.number"),
    "purity": ("Share of the most frequent class in the cell", "", "stat.probability"),
}


def column(name: str, kind: pa.DataType) -> Column:
    """Return a column with its metadata."""
    if name in KNOWN:
        return Column(name, kind, *KNOWN[name])
    if name.startswith("p_"):
        return Column(name, kind, f"Probability of the class {name[2:]}", "", "stat.probability")
    for tail in ("sigma", "interval_low", "interval_high"):
        if (target := name.removesuffix(f"_{tail}")) != name:
            text, unit, ucd = KNOWN[tail]
            return Column(name, kind, f"{text}, of {target}", unit, ucd)
    return Column(name, kind, f"{name.replace('_', ' ')}, as the model says it")
