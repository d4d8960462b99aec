// A deployment page: usage plots, canary share, forms, and a new token that is shown once.
import { make } from "./dom.js";
import { showErrors } from "./form.js";
import { ask } from "./http.js";
import { number } from "./humanise.js";
import { refresh } from "./live.js";
import { toast } from "./notices.js";
import { colour, draw, layout, seriesColour, whenThemeChanges } from "./plotting.js";
import { showOnce } from "./secret.js";

const EVERY = 15000; // ms between two requests for the usage

function bodyOf(form) {
  const body = {};
  for (const [name, text] of new FormData(form)) {
    if (text === "") continue;
    const value = form.elements[name].type === "number" ? Number(text) : text;
    const [group, key] = name.split(".");
    if (key) (body[group] ??= {})[key] = value;
    else body[name] = value;
  }
  return body;
}

async function send(form, submitter) {
  const place = form.querySelector("[data-errors]");
  place.hidden = true;
  submitter?.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(form.dataset.send, { method: "POST", body: bodyOf(form) });
    if (form.dataset.token !== undefined) showSecret(form, answer.token);
    else toast(form.dataset.then, "done");
    submitter?.blur();
    await refresh();
  } catch (problem) {
    showErrors(place, problem.errors?.length ? problem.errors : [{ field: "", message: problem.message }]);
  } finally {
    submitter?.removeAttribute("aria-busy");
  }
}

function showSecret(form, token) {
  const place = form.parentElement.querySelector("[data-secret]");
  const words = [make("strong", {}, `“${token.title}” is created.`), " Copy it now: it is not stored and cannot be shown again."];
  showOnce(place, token.secret, { words, region: "The new token", copy: "Copy the token" });
  form.reset();
  place.scrollIntoView({ block: "center" });
}

async function sendNow(url, body) {
  try {
    await ask(url, { method: "POST", body });
    await refresh();
  } catch (problem) {
    toast(problem.message, "error");
  }
}

document.addEventListener("submit", (event) => {
  if (event.target.dataset.send === undefined) return;
  event.preventDefault();
  send(event.target, event.submitter);
});
document.addEventListener("input", (event) => {
  if (event.target.dataset.share !== undefined) document.querySelector("[data-share-output]").textContent = `${event.target.value} %`;
});
document.addEventListener("change", (event) => {
  if (event.target.dataset.share !== undefined) sendNow(event.target.dataset.share, { share: Number(event.target.value) });
});
document.addEventListener("click", (event) => {
  const chosen = event.target.closest("[data-send-now]");
  if (chosen) sendNow(chosen.dataset.to, JSON.parse(chosen.dataset.sendNow));
});

class UsagePlots {
  constructor(place) {
    this.place = place;
    this.hours = place.querySelector("[data-hours]");
    this.hours.addEventListener("change", () => this.look());
    whenThemeChanges(place, () => this.show());
    place.closest("[data-panel]")?.addEventListener("shown", () => this.look()); // Plotly cannot measure hidden elements
    setInterval(() => { if (!document.hidden) this.look(); }, EVERY);
    this.look();
  }

  async look() {
    if (this.place.closest("[hidden]")) return;
    try {
      this.usage = await ask(`${this.place.dataset.usage}?hours=${this.hours.value}`);
      await this.show();
    } catch (problem) {
      this.place.querySelector("[data-by]").replaceChildren(make("p", { class: "muted" }, problem.message));
    }
  }

  async show() {
    if (!this.usage) return;
    const { buckets, step, total } = this.usage;
    const x = buckets.map((bucket) => new Date(bucket.minute * 60000));
    const line = (name, y, index, extra = {}) => ({ type: "scatter", mode: "lines", name, x, y, line: { color: seriesColour(index), width: 1.6 }, ...extra });
    const rate = (key) => buckets.map((bucket) => bucket[key] / step);
    const wide = { margin: { l: 52, r: 12, t: 28, b: 36 }, showlegend: true, legend: { orientation: "h", y: 1.15, font: { color: colour("text") } }, xaxis: { type: "date", nticks: 5, tickangle: 0 } };
    await draw(document.querySelector("#usage-rate [data-plot]"), [line("requests", rate("requests"), 0), line("spectra", rate("spectra"), 2),
      line("errors", rate("server_errors"), 2, { line: { color: colour("red"), width: 1.6 } })], layout({ ...wide, yaxis: { rangemode: "tozero" } }), { displayModeBar: false });
    const milliseconds = (key) => buckets.map((bucket) => (bucket[key] === null ? null : 1000 * bucket[key]));
    await draw(document.querySelector("#usage-latency [data-plot]"), [line("median", milliseconds("p50"), 0, { mode: "lines+markers", marker: { size: 4 } }),
      line("p95 latency", milliseconds("p95"), 3, { mode: "lines+markers", marker: { size: 4 } })], layout({ ...wide, yaxis: { title: { text: "ms" }, rangemode: "tozero" } }), { displayModeBar: false });
    const figure = (title, value) => make("div", { class: "figure" }, make("span", { class: "muted small" }, title), make("strong", {}, value));
    this.place.querySelector("[data-figures]").replaceChildren(figure("requests", number(total.requests)), figure("spectra", number(total.spectra)), figure("errors", number(total.server_errors)),
      figure("median latency", total.p50 === null ? "–" : `${number(1000 * total.p50)} ms`), figure("p95 latency", total.p95 === null ? "–" : `${number(1000 * total.p95)} ms`));
    this.list();
  }

  list() {
    const rows = [...Object.entries(this.usage.versions).map(([name, sums]) => [name === "0" ? "no version" : `version ${name}`, sums]),
      ...Object.entries(this.usage.tokens).map(([name, sums]) => [name ? `token ${name}` : "no token", sums])];
    if (!rows.length) return;
    const head = make("tr", {}, ...["By", "Requests", "Spectra", "Errors", "Denied", "Seconds"].map((title, at) => make("th", { scope: "col", class: at ? "number" : "" }, title)));
    const cell = (title, value) => make("td", { class: "number", "data-title": title }, number(value));
    const body = rows.map(([name, sums]) => make("tr", {}, make("td", { "data-title": "By" }, name), cell("Requests", sums.requests), cell("Spectra", sums.spectra), cell("Errors", sums.server_errors), cell("Denied", sums.client_errors), cell("Seconds", sums.seconds)));
    this.place.querySelector("[data-by]").replaceChildren(make("div", { class: "table-frame", tabindex: 0, role: "region", "aria-label": "Usage by version and token" },
      make("table", { class: "table table-stack" }, make("thead", {}, head), make("tbody", {}, ...body))));
  }
}

for (const place of document.querySelectorAll("[data-usage]")) new UsagePlots(place);
