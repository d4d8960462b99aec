// A dataset: overlay of spectra, plot of selected rows, labels from a CSV.
import { ask, dataOf } from "./http.js";
import { toast } from "./notices.js";
import { listen, refresh } from "./live.js";
import { SpectraPlot, curveOf } from "./spectra.js";
import { count, plural } from "./humanise.js";
import { make } from "./dom.js";
import { showErrors } from "./form.js";
import { labelButton } from "./selection.js";

const box = document.getElementById("dataset-plot");
const { id } = dataOf("dataset");
if (box) {
  const table = document.getElementById("spectra");
  const status = document.getElementById("plot-status");
  let at = -1;
  const rows = () => [...table.tBodies[0].rows];
  const plot = new SpectraPlot(box, { name: id, step: (by) => { at = Math.min(rows().length - 1, Math.max(0, at + by)); show([rows()[at].dataset.number]); },
    exported: (format) => `/data/${id}/export?numbers=${shown.join(",")}&format=${format}`,
    finer: async (window) => (await curvesOf(shown, window)).curves.map((curve) => curveOf(curve, curve.name, curve.label)) });
  let asked = 0;
  let shown = [];

  const curvesOf = (numbers, window) => ask(`/data/${id}/plot?numbers=${numbers.join(",")}&${new URLSearchParams(window)}${numbers.length <= 3 ? "&errors=true" : ""}`);

  async function show(numbers) {
    if (!numbers.length) return;
    const mine = (asked += 1);
    try {
      const answer = await curvesOf(numbers, { points: numbers.length <= 3 ? 2000 : 500 });
      if (mine !== asked) return;
      shown = answer.curves.map((curve) => curve.number);
      await plot.show(answer.curves.map((curve) => curveOf(curve, curve.name, curve.label)));
      status.textContent = answer.rejected.length ? `${plural(answer.rejected.length, "spectrum", "spectra")} could not be read: ${answer.rejected[0].reason}` : `${plural(answer.curves.length, "spectrum", "spectra")}`;
    } catch (problem) {
      status.textContent = problem.message;
    }
  }

  const chosen = () => [...table.querySelectorAll("tbody input:checked")].map((input) => input.value);
  const label = document.getElementById("label-these");
  label?.append(labelButton(`/data/${id}/label-queues`, () => ({ rows: chosen().map(Number) })));
  table.addEventListener("change", () => { if (label) label.hidden = !chosen().length; });
  table.addEventListener("change", () => show(chosen().length ? chosen() : rows().slice(0, 8).map((row) => row.dataset.number)));
  show(rows().slice(0, 8).map((row) => row.dataset.number));
}

// The table of spectra appears once the dataset is ready.
listen(`dataset:${id}`, (event) => { if (!box && event.data?.state === "ready") location.reload(); });

const labels = document.getElementById("labels-form");
/** What the form names as the source of labels: a keyword of the headers, or a column of a CSV; null: neither. */
async function labelSource() {
  const { csv, column, keyword } = labels.elements;
  const typed = keyword.value.trim();
  if (typed) return { query: { keyword: typed }, body: { csv: "" } };
  const file = csv.files[0];
  return file ? { query: column.value ? { column: column.value } : {}, body: { csv: await file.text() } } : null;
}

/** Offers the columns of the chosen file, and counts the classes of the one that is chosen. */
async function countClasses() {
  const source = await labelSource();
  if (!source) return;
  const place = labels.querySelector("[data-errors]");
  const choice = labels.elements.column;
  try {
    const answer = await ask(`/data/${labels.dataset.labels}/labels/counts?${new URLSearchParams(source.query)}`, { method: "POST", body: source.body });
    labels.querySelector("[data-column]").hidden = "keyword" in source.query;
    if (!choice.value && !("keyword" in source.query)) {
      const titles = answer.columns.titles.filter((title) => title && title !== answer.columns.name);
      choice.replaceChildren(...titles.map((title) => make("option", { value: title, selected: title === answer.columns.label }, title)));
    }
    showErrors(place, []);
    const classes = Object.entries(answer.classes);
    labels.querySelector("[data-counts]").replaceChildren(...classes.slice(0, 30).map(([name, n]) => make("li", {}, make("span", {}, name || "no class"), make("span", { class: "number" }, count(n)))),
      ...(classes.length > 30 ? [make("li", { class: "muted" }, `and ${classes.length - 30} more classes`)] : []));
  } catch (problem) {
    showErrors(place, problem.errors.length ? problem.errors : [{ field: "", message: problem.message }]);
  }
}
labels?.elements.csv.addEventListener("change", () => { labels.elements.column.replaceChildren(); countClasses(); });
labels?.elements.column.addEventListener("change", countClasses);
labels?.elements.keyword.addEventListener("change", countClasses);
labels?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const place = labels.querySelector("[data-errors]");
  const source = await labelSource();
  if (!source) { showErrors(place, [{ field: "", message: "Choose a CSV file, or type a keyword, first." }]); return; }
  try {
    const answer = await ask(`/data/${labels.dataset.labels}/labels?${new URLSearchParams({ ...source.query, ...(labels.elements.partial.checked ? { partial: "true" } : {}) })}`, { method: "POST", body: source.body });
    showErrors(place, []);
    toast(`${plural(answer.changed, "spectrum", "spectra")} changed${answer.unknown_count ? `; ${answer.unknown_count} names match no spectrum` : ""}.`, "done");
    await refresh();
  } catch (problem) {
    showErrors(place, problem.errors.length ? problem.errors : [{ field: "", message: problem.message }]);
  }
});

// Datasets of this one: subset, parts, union; and its name.
for (const form of document.querySelectorAll("form[data-derive]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = Object.fromEntries(new FormData(form));
    for (const name of ["share", "seed"]) if (name in body) body[name] = Number(body[name]);
    if ("with" in form.dataset) body.datasets = [form.dataset.with, ...[...form.elements.datasets.selectedOptions].map((option) => option.value)];
    if ("chosen" in form.dataset) body.numbers = [...document.querySelectorAll("#spectra tbody input:checked")].map((input) => Number(input.value));
    const button = form.querySelector("button:not([type])");
    button.disabled = true;
    try {
      const answer = await ask(form.dataset.derive, { method: form.dataset.method ?? "POST", body });
      location.assign(`/data/${(answer.dataset ?? answer.training).id}`);
    } catch (problem) {
      showErrors(form.querySelector("[data-errors]"), problem.errors.length ? problem.errors : [{ field: "", message: problem.message }]);
      button.disabled = false;
    }
  });
}
document.getElementById("find-duplicates")?.addEventListener("click", async () => {
  const { duplicates } = await ask(`/data/${id}/duplicates`);
  const lines = duplicates.map((one) => make("li", {}, make("a", { href: `/data/${one.dataset}` }, one.name), `: ${plural(one.files, "file")}`));
  document.getElementById("duplicates").replaceChildren(...(lines.length ? lines : [make("li", {}, "No other dataset has files of this one.")]));
});
