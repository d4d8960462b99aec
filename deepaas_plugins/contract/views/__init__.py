"""The views of a report: data that the dashboard draws, each made by one function here (contract "Views").

Every function takes the view's `name` (its id in the report), its title and, last, a `note` to explain it.
Arrays among a view's data are written as ``.npy`` files beside ``report.json``; small matrices go inline.
Marks are one int32 per row of the feature set: the number of the mark the row belongs to, -1 for none.

`images`, `maps`, `plots`, `spectra` and `tables` hold the functions; callers import them from here.
"""

from deepaas_plugins.contract.view import View, inline, view_id
from deepaas_plugins.contract.views.images import image, parameter_map
from deepaas_plugins.contract.views.maps import component_planes, som_map
from deepaas_plugins.contract.views.plots import bars, curves, histogram, scatter
from deepaas_plugins.contract.views.spectra import spectra_drawn, spectra_rows
from deepaas_plugins.contract.views.tables import confusion_matrix, metrics, table
from deepaas_plugins.contract.views.types import Array, Column, Place, Series, Topology, Value

__all__ = [
    "Array",
    "Column",
    "Place",
    "Series",
    "Topology",
    "Value",
    "View",
    "bars",
    "component_planes",
    "confusion_matrix",
    "curves",
    "histogram",
    "image",
    "inline",
    "metrics",
    "parameter_map",
    "scatter",
    "som_map",
    "spectra_drawn",
    "spectra_rows",
    "table",
    "view_id",
]
