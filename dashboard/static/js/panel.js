// The side panel: the spectra behind a mark, prepared and original, each one click from its file.
import { button, icon, make } from "./dom.js";
import { ask } from "./http.js";
import { plural } from "./humanise.js";
import { SpectraPlot } from "./spectra.js";

let dialog = null;

function frame(title) {
  dialog?.remove();
  const head = make("div", { class: "side-head" }, make("h2", { id: "side-title" }, title),
    make("button", { type: "button", class: "button button-plain button-icon", "aria-label": "Close", onclick: () => dialog.close() }, icon("cross")));
  const body = make("div", { class: "side-body" });
  dialog = make("dialog", { class: "side", "aria-labelledby": "side-title", id: "spectra-panel" }, head, body);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.body.append(dialog);
  dialog.showModal();
  return body;
}

export function plotFrame(label) {
  return make("figure", { class: "plot-frame", "aria-label": label }, make("div", { class: "plot-tools", "data-tools": true, hidden: true }),
    make("div", { class: "plot plot-wait", "data-plot": true }, "Fetching spectra…"));
}

/** Show what `url` lists: {total, page, size, wavelength, rows: [{row, name, label, flux}]}; `job` is where rows are resolved. */
export async function openSpectra(title, url, job) {
  const body = frame(title);
  const box = plotFrame("Spectra behind this mark");
  const status = make("p", { class: "muted", role: "status" }, "Fetching spectra…");
  const list = make("ul", { class: "spectra-list" });
  const links = make("div", { class: "row" });
  body.append(status, box, links, list);
  let rows = [];
  let current = -1;
  let wanted = 0;
  let page = 1;
  let wavelength = [];
  const plot = new SpectraPlot(box, { name: `spectra-${job}`, step: (by) => choose(Math.min(rows.length - 1, Math.max(0, current + by))) });

  const overlay = () => {
    current = -1;
    wanted += 1;
    links.replaceChildren();
    for (const each of list.querySelectorAll("[aria-current]")) each.removeAttribute("aria-current");
    return plot.show(rows.map((row) => ({ name: row.name, label: row.label, wavelength: wavelength ?? row.flux.map((_, at) => at), flux: row.flux })));
  };

  async function choose(index) {
    current = index;
    const mine = (wanted += 1);
    [...list.querySelectorAll("button[data-row]")].forEach((each, at) => (at === index ? each.setAttribute("aria-current", "true") : each.removeAttribute("aria-current")));
    list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    try {
      const answer = await ask(`/jobs/${job}/rows/${rows[index].row}`);
      if (mine !== wanted) return; // another was chosen meanwhile
      await plot.show(bothOf(answer));
      links.replaceChildren(...linksOf(answer), rows.length > 1 ? button("All of them", overlay) : "");
    } catch (problem) {
      status.textContent = problem.message;
    }
  }

  async function load() {
    const answer = await ask(`${url}${url.includes("?") ? "&" : "?"}page=${page}`);
    wavelength = answer.wavelength;
    const first = rows.length;
    rows = rows.concat(answer.rows);
    status.textContent = answer.total ? `${plural(answer.total, "spectrum", "spectra")}${rows.length < answer.total ? `, ${rows.length} shown` : ""}. Choose one to see it as it was and as it was prepared; arrow keys step.` : "No spectra are behind this mark.";
    list.querySelector("[data-more]")?.remove();
    list.append(...answer.rows.map((row, at) => make("li", {}, make("button", { type: "button", "data-row": row.row, onclick: () => choose(first + at) },
      make("span", { class: "break" }, row.name), row.label ? make("span", { class: "tag" }, row.label) : null))));
    if (rows.length < answer.total) list.append(make("li", { "data-more": true }, button("Show more", () => { page += 1; load(); }, { kind: "plain" })));
    list.hidden = rows.length === 0;
    box.hidden = rows.length === 0;
    if (rows.length === 1) await choose(0);
    else if (rows.length) await overlay();
  }

  try {
    await load();
  } catch (problem) {
    status.textContent = problem.message;
    box.hidden = true;
  }
}

export function bothOf(answer) {
  const curves = [];
  if (answer.prepared?.flux) curves.push({ name: `${answer.name} (prepared)`, label: answer.label, wavelength: answer.prepared.wavelength ?? answer.prepared.flux.map((_, at) => at), flux: answer.prepared.flux });
  if (answer.original?.flux) curves.push({ name: `${answer.name} (original)`, wavelength: answer.original.wavelength, flux: answer.original.flux, error: answer.original.error, second: curves.length > 0 });
  return curves;
}

export function linksOf(answer) {
  const links = [];
  if (answer.links?.spectrum) links.push(make("a", { class: "button button-small", href: answer.links.spectrum }, icon("spectrum"), "Spectrum's page"));
  if (answer.links?.file) links.push(make("a", { class: "button button-small", href: answer.links.file, download: true }, icon("download"), "Original file"));
  if (answer.reason) links.push(make("span", { class: "muted small" }, answer.reason));
  return links;
}
