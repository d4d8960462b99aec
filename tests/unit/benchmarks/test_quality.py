"""The table of quality: means over seeds, and rows that replace those of the same dataset alone."""

from __future__ import annotations

from benchmarks.quality import HEAD, MEASUREMENTS, row, section

RUNS = [
    {
        "rows": 10,
        "objects": 8.0,
        "balanced_accuracy": value,
        "accuracy": 0.9,
        "baseline_majority": 0.2,
        **more,
    }
    for value, more in ((0.8, {}), (0.9, {"naive_balanced_accuracy": 0.95}))
]


def cells(page: str, dataset: str) -> list[str]:
    (line,) = [line for line in page.splitlines() if line.startswith(f"| {dataset} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_row_has_the_mean_and_the_spread_of_the_seeds() -> None:
    found = dict(zip(HEAD, row(MEASUREMENTS["lamost"], RUNS, 61.2), strict=True))
    assert found["balanced accuracy"] == "0.850 ± 0.071"
    assert found["random split"] == "0.950"
    assert found["best baseline"] == "0.200 ± 0.000"
    assert (found["spectra"], found["objects"], found["seeds"], found["seconds"]) == ("10", "8", "2", "61")
    alone = dict(zip(HEAD, row(MEASUREMENTS["lamost"], RUNS[:1], 1.0), strict=True))
    assert (alone["balanced accuracy"], alone["random split"]) == ("0.800", "–")


def test_a_section_keeps_what_is_around_it_and_the_rows_of_other_datasets() -> None:
    page = "# Page\n\nForests.\n"
    one = section(page, [row(MEASUREMENTS["lamost"], RUNS, 1.0)])
    assert one.startswith("# Page\n\nForests.\n\n## Random convolutions\n")
    two = section(one + "\n## Another\n\nText.\n", [row(MEASUREMENTS["miles"], RUNS[:1], 2.0)])
    assert cells(two, "lamost") == row(MEASUREMENTS["lamost"], RUNS, 1.0)
    again = section(two, [row(MEASUREMENTS["miles"], RUNS, 3.0)])
    assert cells(again, "miles")[-1] == "3"
    assert again.endswith("\n## Another\n\nText.\n")
    assert again.count("## Random convolutions") == 1
