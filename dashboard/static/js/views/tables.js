// Tables and metrics.
import { make } from "../dom.js";
import { number } from "../humanise.js";
import { openRows } from "../panel.js";
import { prepareTable } from "../table.js";

/** Removes the column of names if the spectrum column shows the same names. */
function once(data) {
  const [spectrum, name] = ["spectrum", "name"].map((wanted) => data.columns.findIndex((column) => column.name === wanted));
  if (spectrum < 0 || name < 0 || !data.rows.every((row) => data.spectra?.[row[spectrum]]?.name === row[name])) return data;
  const others = (list) => list.filter((_, at) => at !== name);
  return { ...data, columns: others(data.columns), rows: data.rows.map(others) };
}

const SIGNS = { higher: "higher is better", lower: "lower is better" };

export function drawTable(frame, view, { job }) {
  const { columns, rows, spectra = {}, sources = {} } = once(view.data);
  const numeric = columns.map((column, at) => column.name !== "spectrum" && rows.every((row) => row[at] === null || typeof row[at] === "number"));
  const cell = (value, at) => {
    if (columns[at].name === "spectrum") {
      const open = make("button", { type: "button", class: "button button-small", onclick: () => openRows(spectra[value]?.name ?? `Row ${value}`, [value], job) }, spectra[value]?.name ?? `row ${value}`);
      return make("td", { "data-title": columns[at].title, "data-value": value }, open);
    }
    if (columns[at].name === "source" && sources[value]) {
      const { name, url: page } = sources[value];
      return make("td", { class: "break", "data-title": columns[at].title, "data-value": value }, page ? make("a", { href: page }, name) : name);
    }
    const text = typeof value === "number" ? number(value) : value ?? "–";
    return make("td", { class: numeric[at] ? "number" : null, "data-title": columns[at].title, "data-value": value }, text);
  };
  const head = columns.map((column, at) => make("th", { scope: "col", "data-sort": numeric[at] ? "number" : "text", class: numeric[at] ? "number" : null }, column.title, column.unit ? ` (${column.unit})` : ""));
  const table = make("table", { class: "table" }, make("caption", { class: "only-spoken" }, view.title), make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(cell)))));
  const place = frame.querySelector("[data-plot]");
  place.className = "table-frame";
  place.tabIndex = 0;
  place.setAttribute("role", "region");
  place.setAttribute("aria-label", view.title);
  place.replaceChildren(table);
  prepareTable(table);
}

export function drawMetrics(frame, { data }) {
  const place = frame.querySelector("[data-plot]");
  place.className = "figures";
  place.replaceChildren(...data.values.map((one) => make("div", { class: "figure" }, make("span", { class: "muted small" }, one.title ?? one.name), make("strong", {}, number(one.value)),
    one.better || one.help ? make("span", { class: "muted small" }, [one.help, SIGNS[one.better]].filter(Boolean).join(" · ")) : null)));
}
