"""The metrics of a comparison as a table for a paper or a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from dashboard.comparison.compared_run import ComparedRun
from dashboard.comparison.measures import MetricRow
from wire.spreadsheet import cell

DIGITS = 4  # significant ones, in LaTeX
#: What LaTeX reads as its own (Lamport, section 2.1), and how a text says it.
LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
} | {sign: f"\\{sign}" for sign in "#$%&_"}


def csv_table(runs: Sequence[ComparedRun], rows: Iterable[MetricRow]) -> str:
    """Return the metrics with all their digits, a column for each run.

    Parameters
    ----------
    runs : sequence of ComparedRun
        The runs.
    rows : iterable of MetricRow
        Their metrics.

    Returns
    -------
    str
        CSV: a row of titles, a row of ids, then a row for each metric.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["metric", "better", *(cell(run.title) for run in runs)])
    writer.writerow(["job", "", *(run.job.id for run in runs)])
    for row in rows:
        values = ["" if value is None else repr(value) for value in row.values]
        writer.writerow([cell(row.name), row.better, *values])
    return stream.getvalue()


def latex_table(runs: Sequence[ComparedRun], rows: Iterable[MetricRow]) -> str:
    r"""Return the metrics as a ``tabular``, the best value of a row in bold.

    Parameters
    ----------
    runs : sequence of ComparedRun
        The runs.
    rows : iterable of MetricRow
        Their metrics.

    Returns
    -------
    str
        LaTeX that needs no package.
    """
    lines = [
        r"\begin{tabular}{l" + "r" * len(runs) + "}",
        r"\hline",
        _line(["Metric", *(_latex(run.title) for run in runs)]),
        r"\hline",
    ]
    for row in rows:
        best = set(row.best)
        cells = [_value(value, bold=index in best) for index, value in enumerate(row.values)]
        lines.append(_line([_latex(row.title), *cells]))
    return "\n".join([*lines, r"\hline", r"\end{tabular}", ""])


def _line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _value(value: float | None, *, bold: bool) -> str:
    if value is None:
        return "--"
    text = f"{value:.{DIGITS}g}"
    return rf"\textbf{{{text}}}" if bold else text


def _latex(text: str) -> str:
    return "".join(LATEX.get(sign, sign) for sign in text)
