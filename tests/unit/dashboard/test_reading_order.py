"""Reports are read from the metric that matters to the spectra that were left out."""

from __future__ import annotations

from pathlib import Path

from catalog import Catalog
from dashboard.base.bundled import ROOT
from dashboard.reports.reading_order import ordered_metrics, ordered_views


def test_declared_metrics_come_first_and_counts_last() -> None:
    metrics = {"spectra_prepared": 185, "accuracy": 0.7, "f1": 0.6, "balanced_accuracy": 0.65}
    found = ordered_metrics(metrics, ["balanced_accuracy", "r2"])
    assert found is not None
    assert list(found) == ["balanced_accuracy", "accuracy", "f1", "spectra_prepared"]
    assert found == metrics
    assert ordered_metrics(None, ["x"]) is None
    by_target = {"rmse:teff": 1, "rmse:logg": 2, "robust_sigma:teff": 3, "robust_sigma:logg": 4}
    found = ordered_metrics(by_target, ["robust_sigma"])
    assert found is not None
    assert list(found) == ["robust_sigma:teff", "robust_sigma:logg", "rmse:teff", "rmse:logg"]


def test_views_are_read_from_the_figures_to_the_rejected_spectra() -> None:
    kinds = [("rejected", "table"), ("errors", "table"), ("map", "som-map"), ("quality", "metrics")]
    views = [{"id": name, "kind": kind} for name, kind in kinds]
    assert [view["id"] for view in ordered_views(views)] == ["quality", "map", "errors", "rejected"]


def test_every_published_method_declares_its_headline() -> None:
    published = Catalog.load(Path(ROOT) / "modules").modules
    assert published["rdf"].headline[0] == "balanced_accuracy"
    assert [name for name, module in published.items() if not module.headline] == []
