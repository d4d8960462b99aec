// The spectrum plot: units, normalisation, stacking, line markers, error bands, overlays of hundreds, export.
// Original and preprocessed spectra differ in scale and often in range: the original is the upper panel, with the
// preprocessed range shaded; the preprocessed is the lower panel. A double click shows the full range.
import { make } from "./dom.js";
import { toast } from "./notices.js";
import { AXES, LINES, covers } from "./lines.js";
import { colour, draw, layout, savePicture, saveText, seriesColour, translucent, webgl, whenThemeChanges } from "./plotting.js";
import { csv, votable } from "./export.js";
import { bounds, firstRange } from "./range.js";

const MANY = 12; // from here on: no legend, thin translucent lines, WebGL

/** Converts a Curve of the API for the plot; bad pixels are kept without their errors. */
export const curveOf = (curve, name, label = null) => ({ name, label, wavelength: curve.x, flux: curve.flux, columns: curve.axis === "column",
  error: curve.error && curve.mask ? curve.error.map((value, at) => (curve.mask[at] ? null : value)) : curve.error });

/** Spectra: [{name, label?, wavelength (Å), flux, error?, columns?: true after PCA and the like, second?: true for the original beside the preprocessed}]. */
export class SpectraPlot {
  /** `exported(format)`: address of the spectra at full resolution; `finer({minimum, maximum, points})`: the spectra of a range (all of it without one). */
  constructor(frame, { name = "spectra", step = null, asIs = false, exported = null, finer = null } = {}) {
    this.exported = exported;
    this.finer = finer;
    this.element = frame.querySelector("[data-plot]");
    this.tools = frame.querySelector("[data-tools]");
    this.name = name;
    this.spectra = [];
    this.axis = "angstrom";
    this.normalised = false;
    this.asked = asIs; // whether the scale was chosen: preprocessed flux is shown as the model gets it
    this.stacked = false;
    this.band = true;
    this.lines = new Set(["Hα"]);
    this.element.tabIndex = 0;
    this.element.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (by && step) { event.preventDefault(); step(by); }
    });
    whenThemeChanges(this.element, () => this.draw());
  }

  async show(spectra) {
    this.spectra = spectra;
    const first = spectra.filter((one) => !one.second);
    if (first.some((one) => one.columns)) { this.spectra = spectra.filter((one) => one.columns || one.second); this.axis = "column"; } else if (this.axis === "column") this.axis = "angstrom";
    if (!this.asked) this.normalised = farApart(this.spectra.filter((one) => !one.second));
    this.makeTools();
    this.element.setAttribute("aria-label", `Plot of ${spectra.length} spectra: ${spectra.slice(0, 3).map((one) => one.name).join(", ")}`);
    this.element.setAttribute("role", "group");
    await this.draw();
  }

  makeTools() {
    const option = (value, text) => make("option", { value, selected: value === this.axis }, text);
    const present = this.axis === "column" && !this.paired ? [] : LINES.filter((line) => line.at.some((at) => covers(this.spectra, at)));
    const axis = make("select", { class: "input", "aria-label": "Horizontal axis", onchange: (event) => { this.axis = event.target.value; this.draw(); } },
      ...(this.axis === "column" ? [option("column", "columns")] : [option("angstrom", "Å"), option("nanometre", "nm")]), ...(this.axis === "column" ? [] : present).map((line) => option(`velocity ${line.name}`, `km/s about ${line.name}`)));
    const toggle = (text, key, title) => make("button", { type: "button", class: "toggle", "aria-pressed": String(this[key]), title,
      onclick: (event) => { this[key] = !this[key]; this.asked = true; event.target.setAttribute("aria-pressed", String(this[key])); this.draw(); } }, text);
    const lines = present.map((line) => make("button", { type: "button", class: "toggle", "aria-pressed": String(this.lines.has(line.name)), onclick: (event) => {
      if (!this.lines.delete(line.name)) this.lines.add(line.name);
      event.target.setAttribute("aria-pressed", String(this.lines.has(line.name)));
      this.draw();
    } }, line.name));
    const save = make("select", { class: "input", "aria-label": "Save the plot", onchange: (event) => { this.save(event.target.value); event.target.value = ""; } },
      make("option", { value: "" }, "Save as…"), ...(this.exported ? [make("option", { value: "data csv" }, "CSV: full resolution"), make("option", { value: "data vot" }, "VOTable: full resolution")] : []),
      make("option", { value: "png" }, "PNG: picture"), make("option", { value: "csv" }, "CSV: what the plot shows"), make("option", { value: "vot" }, "VOTable: what the plot shows"));
    const errors = this.spectra.length < MANY && this.spectra.some((one) => one.error);
    this.tools.replaceChildren(axis, make("div", { class: "toggles" }, this.paired ? null : toggle("normalised", "normalised", "Each divided by its median"),
      this.spectra.length > 1 && !this.paired ? toggle("stacked", "stacked", "Offset vertically") : null, errors ? toggle("error band", "band", "One standard deviation, from ivar") : null),
    make("div", { class: "toggles", role: "group", "aria-label": "Line markers" }, ...lines), save);
    this.tools.hidden = false;
  }

  get paired() { return this.spectra.some((one) => one.second) && this.spectra.some((one) => !one.second); }

  axisOf(one) { return one.second && this.axis === "column" ? AXES.angstrom : AXES[this.axis]; }

  curves() {
    const scales = this.spectra.map((one) => (this.normalised && !this.paired ? scaleOf(one.flux) : 1));
    const spans = this.spectra.map((one, index) => span(one.flux, scales[index]));
    const gap = this.stacked && !this.paired ? Math.max(...spans, 1e-30) * (this.spectra.length > MANY ? 0.15 : 0.6) : 0;
    return this.spectra.map((one, index) => ({ ...one, x: one.wavelength.map(this.axisOf(one).from), scale: scales[index], offset: gap * index,
      y: one.flux.map((value) => (value === null ? null : value / scales[index] + gap * index)) }));
  }

  async draw() {
    if (!this.spectra.length) { this.element.replaceChildren("No spectra to plot."); return; }
    const many = this.spectra.length > MANY;
    const type = many && webgl() ? "scattergl" : "scatter";
    const labels = [...new Set(this.spectra.map((one) => one.label ?? ""))];
    const curves = this.curves();
    const traces = [];
    curves.forEach((curve, index) => {
      const shade = seriesColour(many ? labels.indexOf(curve.label ?? "") : curve.colour ?? index);
      const place = this.paired && curve.second ? { xaxis: "x2", yaxis: "y2" } : {};
      if (!many && this.band && curve.error) traces.push(bandOf(curve, shade, place));
      traces.push({ type, mode: "lines", x: curve.x, y: curve.y, name: curve.label && !many ? `${curve.name} · ${curve.label}` : curve.name, connectgaps: false, ...place,
        line: { width: many ? 1 : 1.4, color: many ? translucent(shade, Math.max(0.12, 12 / this.spectra.length)) : shade, dash: many ? "solid" : dashOf(curve.colour ?? index) },
        hovertemplate: "%{x:.6~g}, %{y:.4~g}<extra>%{fullData.name}</extra>" });
    });
    const resized = this.element.classList.contains("plot-tall") !== this.paired;
    this.element.classList.toggle("plot-tall", this.paired);
    await draw(this.element, traces, layout({
      showlegend: !many && !this.paired && this.spectra.length > 1,
      xaxis: { title: { text: AXES[this.axis].title } },
      yaxis: { title: { text: this.normalised && !this.paired ? "Flux / median" : "Flux" }, ...this.reach(curves.filter((one) => !this.paired || !one.second)) },
      ...(this.paired ? this.panels(curves) : this.markers("x", "y", this.spectra)),
    }));
    this.watch();
    if (resized) window.Plotly.Plots.resize(this.element); // Plotly keeps the size of the first drawing
  }

  /** Asks for the shown range again, at the resolution of the screen, when it changes. */
  watch() {
    if (!this.finer) return;
    this.element.removeAllListeners("plotly_relayout");
    this.element.on("plotly_relayout", (change) => this.refine(change).catch((problem) => toast(problem.message, "error")));
  }

  async refine(change) {
    const across = this.paired ? "xaxis2" : "xaxis"; // the panel of the original
    const [low, high] = [change[`${across}.range[0]`], change[`${across}.range[1]`]];
    const axis = this.axisOf(this.spectra.find((one) => one.second) ?? this.spectra[0]);
    if (!axis.to || (low === undefined && !change[`${across}.autorange`])) return;
    const mine = (this.refined = (this.refined ?? 0) + 1);
    const points = Math.min(2000, Math.max(500, 2 * Math.ceil(this.element.clientWidth)));
    const found = await this.finer({ points, ...(low === undefined ? {} : { minimum: axis.to(low), maximum: axis.to(high) }) });
    if (mine !== this.refined) return;
    this.spectra = found;
    await this.draw();
    const others = Object.fromEntries(Object.entries(change).filter(([name]) => !name.startsWith(`${across}.`))); // relayout events of the same axis would repeat
    await window.Plotly.relayout(this.element, low === undefined ? others : { ...others, [`${across}.range`]: [low, high] });
  }

  /** Returns the initial range of a flux axis; stacked curves are combined individually. */
  reach(curves) {
    const ranges = (this.stacked && !this.paired ? curves.map((one) => firstRange([one.y])) : [firstRange(curves.map((one) => one.y))]).filter(Boolean);
    return { exponentformat: "power", ...(ranges.length ? { range: [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))] } : {}) };
  }

  panels(curves) {
    const [above, below] = [curves.filter((one) => one.second), curves.filter((one) => !one.second)];
    const ends = below.filter((one) => !one.columns).flatMap((one) => [one.x[0], one.x.at(-1)]).sort((a, b) => a - b);
    const [top, bottom] = [this.markers("x2", "y2", above), this.markers("x", "y", below)];
    const window = ends.length ? [{ type: "rect", xref: "x2", yref: "y2 domain", x0: ends[0], x1: ends.at(-1), y0: 0, y1: 1, layer: "below", line: { width: 0 }, fillcolor: translucent(colour("accent"), 0.14) }] : [];
    const title = (text, y) => ({ xref: "paper", yref: "paper", x: 0, y, xanchor: "left", yanchor: "bottom", text: `<b>${text}</b>`, showarrow: false });
    const base = layout({ yaxis: { title: { text: "Flux" }, ...this.reach(above) } });
    const half = layout({ yaxis: { title: { text: "Flux" }, ...this.reach(below) } });
    return {
      margin: { l: 56, r: 16, t: 24, b: 44 },
      yaxis: { ...half.yaxis, domain: [0, 0.4] },
      xaxis2: { ...base.xaxis, anchor: "y2", automargin: false, title: { ...base.xaxis.title, text: ends.length ? "" : AXES.angstrom.title } },
      yaxis2: { ...base.yaxis, anchor: "x2", domain: [0.58, 1] },
      shapes: [...window, ...top.shapes, ...bottom.shapes],
      annotations: [title(window.length ? "Original (shaded: preprocessed range)" : "Original", 1), title("Preprocessed", 0.4), ...top.annotations, ...bottom.annotations],
    };
  }

  markers(xref, yref, spectra) {
    const there = spectra.filter((one) => !one.columns);
    const axis = there.length ? this.axisOf(there[0]) : AXES[this.axis];
    const chosen = LINES.filter((line) => this.lines.has(line.name)).flatMap((line) => line.at.map((at) => [line.name, at]));
    const seen = chosen.filter(([, at]) => covers(there, at));
    return {
      shapes: seen.map(([, at]) => ({ type: "line", xref, x0: axis.from(at), x1: axis.from(at), yref: `${yref} domain`, y0: 0, y1: 1, line: { width: 1, dash: "dot", color: colour("line-strong") } })),
      annotations: seen.map(([text, at]) => ({ xref, x: axis.from(at), yref: `${yref} domain`, y: 1, yanchor: "top", xanchor: "left", text, showarrow: false, font: { size: 11, color: colour("muted") } })),
    };
  }

  save(kind) {
    if (!kind) return;
    if (kind.startsWith("data ")) { location.assign(this.exported(kind.slice(5))); return; } // a download: the page stays
    if (kind === "png") { savePicture(this.element, this.name); return; }
    const curves = this.curves().filter((one) => this.axis !== "column" || one.columns); // one file, one axis
    if (kind === "csv") saveText(csv(curves, AXES[this.axis]), `${this.name}.csv`);
    else saveText(votable(curves, AXES[this.axis]), `${this.name}.vot`, "application/x-votable+xml");
  }
}

/** A second look for a ninth curve, when the eight colours repeat. */
const dashOf = (index) => ["solid", "dash", "dot"][Math.floor(index / 8) % 3];

function scaleOf(flux) {
  const known = flux.filter((value) => value !== null).sort((a, b) => a - b);
  const median = known[Math.floor(known.length / 2)] ?? 1;
  const spread = span(flux, 1);
  return Math.abs(median) > 0.02 * spread ? Math.abs(median) : spread || 1; // the median of fluxes scaled to [−1, 1] is not a scale
}

/** Whether scales differ so much that faint spectra would appear as flat lines. */
function farApart(spectra) {
  const scales = spectra.map((one) => scaleOf(one.flux));
  return Math.max(...scales) > 5 * Math.min(...scales);
}

function span(flux, scale) {
  const [low, high] = bounds(flux) ?? [0, 0];
  return (high - low) / scale;
}

/** Returns the ±1 σ band: a closed shape for each run of pixels with a known error. */
function bandOf(curve, shade, place) {
  const [x, y] = [[], []];
  let run = [];
  const close = () => {
    const side = (sign) => run.map((at) => curve.y[at] + (sign * curve.error[at]) / curve.scale);
    const across = run.map((at) => curve.x[at]);
    x.push(...across, ...across.toReversed(), null);
    y.push(...side(1), ...side(-1).toReversed(), null);
    run = [];
  };
  curve.y.forEach((value, at) => { if (value !== null && curve.error[at]) run.push(at); else if (run.length) close(); });
  if (run.length) close();
  return { type: "scatter", mode: "lines", x, y, ...place, line: { width: 0 }, fill: "toself", fillcolor: translucent(shade, 0.2), hoverinfo: "skip", showlegend: false };
}
