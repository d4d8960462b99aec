// The side panel: the spectra of a mark, original and preprocessed, each linked to its file.
import { button, icon, make } from "./dom.js";
import { ask } from "./http.js";
import { plural } from "./humanise.js";
import { labelButton, selectionForm, selects } from "./selection.js";
import { SpectraPlot, curveOf } from "./spectra.js";

const AT_MOST = 60; // rows requested individually after a lasso selection

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
    make("div", { class: "plot plot-wait", "data-plot": true }, make("div", { class: "skeleton" })));
}

/** Opens the spectra of one mark; `url` is the address of the view. */
export function openMark(title, url, mark, job) {
  const view = decodeURIComponent(url.split("/").at(-1));
  return new Panel(title, job, (page) => ask(`${url}/marks/${mark}?page=${page}`), () => ({ view, marks: [mark] })).open();
}

/** Opens rows of the job's feature set; `chosen` is what a dataset of them is made of, if these are not all. */
export function openRows(title, rows, job, chosen = { rows }) {
  const first = rows.slice(0, AT_MOST);
  return new Panel(rows.length > AT_MOST ? `${title}, the first ${AT_MOST}` : title, job, async () => {
    const found = await Promise.all(first.map((row) => ask(`/jobs/${job}/rows/${row}?points=500`)));
    return { total: first.length, rows: found.map((one) => one.spectrum) };
  }, () => chosen).open();
}

class Panel {
  constructor(title, job, fetchPage, chosen) {
    this.job = job;
    this.fetchPage = fetchPage;
    this.rows = [];
    this.page = 1;
    this.current = -1;
    this.latest = 0; // number of the latest selection; late responses to earlier ones are ignored
    this.box = plotFrame("Spectra of this mark");
    this.status = make("p", { class: "muted", role: "status" }, "Loading spectra…");
    this.list = make("ul", { class: "spectra-list", hidden: true });
    this.links = make("div", { class: "row" });
    this.form = selectionForm(job, chosen, chosen().polygon ? null : chosen);
    if (this.form) this.form.hidden = true;
    frame(title).append(...[this.status, this.box, this.links, this.form, this.list].filter(Boolean));
    this.plot = new SpectraPlot(this.box, { name: `spectra-${job}`, step: (by) => this.choose(Math.min(this.rows.length - 1, Math.max(0, this.current + by))) });
  }

  async open() {
    try {
      await this.load();
    } catch (problem) {
      this.status.textContent = problem.message;
      this.box.hidden = true;
    }
  }

  async load() {
    const answer = await this.fetchPage(this.page);
    const first = this.rows.length;
    this.rows = this.rows.concat(answer.rows);
    this.prototype ??= answer.prototype;
    const shown = this.rows.length < answer.total ? `, ${this.rows.length} shown` : "";
    this.status.textContent = answer.total ? `${plural(answer.total, "spectrum", "spectra")}${shown}. Select one to compare original and preprocessed; arrow keys step.`
      : "No spectra.";
    this.list.querySelector("[data-more]")?.remove();
    this.list.append(...answer.rows.map((row, at) => this.entry(row, first + at)));
    if (this.rows.length < answer.total) this.list.append(make("li", { "data-more": true }, button("Show more", () => { this.page += 1; this.load(); }, { kind: "plain" })));
    this.list.hidden = this.rows.length === 0;
    if (this.form) this.form.hidden = this.rows.length === 0;
    this.box.hidden = this.rows.length === 0 && !this.prototype;
    if (this.rows.length === 1) await this.choose(0);
    else if (!this.box.hidden) await this.overlay();
  }

  entry(row, index) {
    const open = make("button", { type: "button", "data-row": row.row, onclick: () => this.choose(index) }, make("span", { class: "break" }, row.name),
      row.label ? make("span", { class: "tag" }, row.label) : null);
    const page = row.url ? make("a", { href: row.url, "aria-label": `Original of ${row.name}` }, "original") : null;
    return make("li", {}, open, page);
  }

  overlay() {
    this.current = -1;
    this.latest += 1;
    this.links.replaceChildren();
    for (const each of this.list.querySelectorAll("[aria-current]")) each.removeAttribute("aria-current");
    const curves = this.rows.map((row) => curveOf(row.prepared, row.name, row.label));
    if (this.prototype && curves.length < 12) curves.unshift(curveOf(this.prototype, "prototype of this cell"));
    return this.plot.show(curves);
  }

  async choose(index) {
    this.current = index;
    const mine = (this.latest += 1);
    [...this.list.querySelectorAll("button[data-row]")].forEach((each, at) => (at === index ? each.setAttribute("aria-current", "true") : each.removeAttribute("aria-current")));
    this.list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
    try {
      const answer = await ask(`/jobs/${this.job}/rows/${this.rows[index].row}`);
      if (mine !== this.latest) return;
      await this.plot.show(bothOf(answer));
      const like = selects() && answer.spectrum.number !== null ? [labelButton(`/jobs/${this.job}/label-queues`, () => ({ by: "likeness", row: answer.spectrum.row }), "Label more like this")] : [];
      this.links.replaceChildren(...linksOf(answer), ...like, this.rows.length > 1 ? button("Show all", () => this.overlay()) : "");
    } catch (problem) {
      this.status.textContent = problem.message;
    }
  }
}

export function bothOf({ spectrum, original }) {
  const prepared = spectrum.prepared ? [curveOf(spectrum.prepared, `${spectrum.name}, preprocessed`, spectrum.label)] : [];
  return original ? [...prepared, { ...curveOf(original, `${spectrum.name}, original`), second: prepared.length > 0 }] : prepared;
}

export function linksOf({ spectrum, reason }) {
  if (!spectrum.url) return [make("span", { class: "muted small" }, reason ?? "The original is no longer available.")];
  return [make("a", { class: "button button-small", href: spectrum.url }, icon("spectrum"), "Spectrum page"),
    make("a", { class: "button button-small", href: `${spectrum.url}/file`, download: true }, icon("download"), "Original file")];
}
