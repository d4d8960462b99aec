// Predicts dropped spectra: classes with probabilities, and the preprocessed spectrum.
import { button, make } from "./dom.js";
import { ask } from "./http.js";
import { number } from "./humanise.js";
import { plotFrame } from "./panel.js";
import { SpectraPlot, curveOf } from "./spectra.js";
import { prepareTable } from "./table.js";
import { prepareDrop } from "./upload.js";

const FEW = 3; // answers that are shown whole; more are a table
const HIDDEN = new Set(["name", "label", "probabilities", "calibrated", "set", "coverage", "sigma", "interval", "domain"]);

function answerOf(result) {
  const shares = Object.entries(result.probabilities ?? {}).sort(([, a], [, b]) => b - a);
  const bars = shares.map(([label, share]) => make("li", {}, make("span", {}, label), make("span", { class: "number" }, `${(share * 100).toFixed(1)} %`),
    make("meter", { min: 0, max: 1, value: share, "aria-label": `Probability of ${label}` })));
  const share = typeof result.coverage === "number" ? ` (${number(100 * result.coverage)} % coverage)` : "";
  const said = [
    Array.isArray(result.set) ? ["Prediction set", `${result.set.join(", ")}${share}`] : null,
    Array.isArray(result.interval) ? ["Interval", `${number(result.interval[0])} to ${number(result.interval[1])}${share}`] : null,
    typeof result.sigma === "number" ? ["Sigma", number(result.sigma)] : null,
    result.domain?.state ? ["Training domain", `${result.domain.state}: ${result.domain.reason}`] : null,
  ].filter(Boolean);
  const spans = Object.entries(result).filter(([name, value]) => name.endsWith("_interval") && Array.isArray(value)); // of values with names
  said.push(...spans.map(([name, [from, to]]) => [name.replaceAll("_", " "), `${number(from)} to ${number(to)}${share}`]));
  const rest = Object.entries(result).filter(([name, value]) => !HIDDEN.has(name) && value !== null && typeof value !== "object");
  return make("section", { class: "card" }, make("p", { class: "muted small break" }, result.name ?? ""), result.label ? make("h3", {}, result.label) : null,
    bars.length ? make("ul", { class: "bar-list" }, ...bars) : null,
    bars.length ? make("p", { class: "small muted" }, result.calibrated ? "Probabilities are calibrated." : "Probabilities are not calibrated: they rank the classes but are not error rates.") : null,
    said.length ? make("dl", { class: "facts" }, ...said.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text)))) : null,
    rest.length ? make("dl", { class: "facts" }, ...rest.map(([name, value]) => make("div", {}, make("dt", {}, name.replaceAll("_", " ")), make("dd", {}, typeof value === "number" ? number(value) : String(value))))) : null);
}

/** A line for each of many answers; a line opens its answer below the table. */
function tableOf(results) {
  const below = make("div", { "aria-live": "polite" });
  const flags = (result) => [result.is_outlier && "outlier", result.domain?.state && result.domain.state !== "inside" && `${result.domain.state} of the training domain`].filter(Boolean).join(", ");
  const line = (result) => {
    const best = Math.max(...Object.values(result.probabilities ?? {}));
    const open = button(result.name ?? "spectrum", () => below.replaceChildren(answerOf(result)), { kind: "plain" });
    const cells = [["Name", open], ["Class", result.label ?? "–"], ["Value", typeof result.value === "number" ? number(result.value) : null],
      ["Probability", Number.isFinite(best) ? `${(100 * best).toFixed(1)} %` : "–"], ["Cell", result.cell ? `${result.cell.row + 1}, ${result.cell.column + 1}` : null], ["Flag", flags(result) || "–"]];
    return Object.fromEntries(cells);
  };
  const lines = results.map(line);
  const shown = ["Name", "Class", "Value", "Probability", "Cell", "Flag"].filter((title) => lines.some((one) => one[title] !== null && one[title] !== "–"));
  const numeric = (title) => (["Value", "Probability"].includes(title) ? "number" : null);
  const head = make("tr", {}, ...shown.map((title) => make("th", { scope: "col", class: numeric(title), "data-sort": numeric(title) ?? "text" }, title)));
  const table = make("table", { class: "table", "data-table": true }, make("caption", { class: "only-spoken" }, "Predictions"), make("thead", {}, head),
    make("tbody", {}, ...lines.map((one) => make("tr", {}, ...shown.map((title) => make("td", { class: numeric(title), "data-title": title }, one[title] ?? "–"))))));
  prepareTable(table);
  return [make("div", { class: "table-frame", tabindex: 0, role: "region", "aria-label": "Predictions" }, table), below];
}

async function predict(box, files) {
  const place = box.querySelector("[data-answers]");
  place.setAttribute("aria-busy", "true");
  place.replaceChildren(make("p", { class: "muted" }, `Predicting ${files.length === 1 ? files[0].path : `${files.length} files`}…`));
  const outcomes = await Promise.allSettled(files.map(async ({ file, path }) => {
    const form = new FormData();
    form.append("data", file, path.split("/").at(-1));
    const answer = await ask(`/predict/${encodeURIComponent(box.dataset.tryit)}?include_spectra=true`, { method: "POST", body: form });
    return answer.predictions ?? answer;
  }));
  const rejection = (name, reason) => make("div", { class: "note note-error", role: "alert" }, make("p", {}, make("strong", {}, name), `: ${reason}`));
  const parts = [];
  const curves = [];
  const all = [];
  outcomes.forEach((outcome, at) => {
    if (outcome.status === "rejected") {
      const { message, rejected = [] } = outcome.reason;
      parts.push(...(rejected.length ? rejected.map((one) => rejection(one.name, one.reason)) : [rejection(files[at].path, message)]));
      return;
    }
    const { results = [], rejected = [], prepared } = outcome.value;
    all.push(...results);
    parts.push(...rejected.map((one) => rejection(one.name, one.reason)));
    (prepared?.flux ?? []).forEach((flux, row) => curves.push(curveOf({ axis: prepared.wavelength ? "wavelength" : "column", x: prepared.wavelength ?? flux.map((_, x) => x), flux },
      results[row]?.name ?? files[at].path, results[row]?.label)));
  });
  place.removeAttribute("aria-busy");
  place.replaceChildren(...(all.length > FEW ? tableOf(all) : all.map(answerOf)), ...parts);
  if (curves.length) {
    const frame = plotFrame("Model input");
    place.append(frame);
    await new SpectraPlot(frame, { name: "prediction", asIs: true }).show(curves);
  }
}

for (const box of document.querySelectorAll("[data-tryit]")) {
  prepareDrop(box.querySelector(".drop"), (files) => { if (files.length) predict(box, files.slice(0, 20)); });
}
