// Tables and metrics.
import { make } from "../dom.js";
import { number } from "../humanise.js";
import { openRows } from "../panel.js";
import { labelButton, selectionForm } from "../selection.js";
import { prepareTable } from "../table.js";
import { Marking } from "./marking.js";

/** Removes the column of names if the spectrum column shows the same names. */
function once(data) {
  const [spectrum, name] = ["spectrum", "name"].map((wanted) => data.columns.findIndex((column) => column.name === wanted));
  if (spectrum < 0 || name < 0 || !data.rows.every((row) => data.spectra?.[row[spectrum]]?.name === row[name])) return data;
  const others = (list) => list.filter((_, at) => at !== name);
  return { ...data, columns: others(data.columns), rows: data.rows.map(others) };
}

/** Characters of a text whose column may not shrink to a word: its rows would become tall. */
const LONG_TEXT = 40;
const SIGNS = { higher: "higher is better", lower: "lower is better" };

/** The marks of a table whose rows can be marked, by the names that its column says; null for other tables. */
async function markingOf({ marking, columns, rows }, job) {
  const name = columns.findIndex((column) => column.name === "name");
  if (!marking || name < 0) return null;
  const found = new Marking(marking, job);
  return (await found.load()) ? { found, names: new Map(rows.map((row) => [row, row[name]])) } : null;
}

/** Lets rows of a table of spectra be selected for a dataset; null for other tables, and where the page makes none. */
function pickedRows(id, columns, rows, job) {
  const at = columns.findIndex((column) => column.name === "spectrum");
  const chosen = new Set();
  const form = at < 0 || !rows.length ? null : selectionForm(job, () => ({ rows: [...chosen] }), () => ({ rows: [...chosen], view: id }));
  if (!form) return null;
  const all = rows.map((row) => row[at]).filter(Number.isInteger);
  const whole = labelButton(`/jobs/${job}/label-queues`, () => ({ rows: all, view: id }), `Label all ${all.length}`);
  form.hidden = true;
  const box = (row) => make("input", { type: "checkbox", "aria-label": `Select row ${row[at]}`, onchange: (event) => {
    if (event.target.checked) chosen.add(row[at]); else chosen.delete(row[at]);
    form.hidden = !chosen.size;
  } });
  return { form, whole, cell: (row) => make("td", { "data-title": "Select" }, Number.isInteger(row[at]) ? box(row) : null) };
}

export async function drawTable(frame, view, { job }) {
  const named = view.data;
  const { columns, rows, spectra = {}, sources = {} } = once(named);
  const marks = await markingOf(named, job);
  const numeric = columns.map((column, at) => column.name !== "spectrum" && rows.every((row) => row[at] === null || typeof row[at] === "number"));
  const long = columns.map((_, at) => rows.some((row) => typeof row[at] === "string" && row[at].length > LONG_TEXT));
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
    return make("td", { class: numeric[at] ? "number" : long[at] ? "long" : null, "data-title": columns[at].title, "data-value": value }, text);
  };
  const picked = pickedRows(view.id, columns, rows, job);
  const head = columns.map((column, at) => make("th", { scope: "col", "data-sort": numeric[at] ? "number" : "text", class: numeric[at] ? "number" : null }, column.title, column.unit ? ` (${column.unit})` : ""));
  if (marks) head.push(make("th", { scope: "col" }, "Mark"));
  if (picked) head.unshift(make("th", { scope: "col" }, make("span", { class: "only-spoken" }, "Select")));
  const table = make("table", { class: "table" }, make("caption", { class: "only-spoken" }, view.title), make("thead", {}, make("tr", {}, ...head)),
    make("tbody", {}, ...rows.map((row, at) => make("tr", {}, picked ? picked.cell(row) : null, ...row.map(cell), marks ? marks.found.cell(marks.names.get(named.rows[at])) : null))));
  const place = frame.querySelector("[data-plot]");
  place.className = "table-frame";
  place.tabIndex = 0;
  place.setAttribute("role", "region");
  place.setAttribute("aria-label", view.title);
  place.replaceChildren(table);
  if (picked) place.after(make("div", { class: "row selection" }, picked.whole), picked.form);
  if (marks) {
    const tools = frame.querySelector("[data-tools]");
    tools.replaceChildren(...marks.found.tools());
    tools.hidden = false;
  }
  prepareTable(table);
}

export function drawMetrics(frame, { data }) {
  const place = frame.querySelector("[data-plot]");
  place.className = "figures";
  place.replaceChildren(...data.values.map((one) => make("div", { class: "figure" }, make("span", { class: "muted small" }, one.title ?? one.name), make("strong", {}, number(one.value)),
    one.better || one.help ? make("span", { class: "muted small" }, [one.help, SIGNS[one.better]].filter(Boolean).join(" · ")) : null)));
}
