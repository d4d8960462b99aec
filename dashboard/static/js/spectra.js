// The plotter of spectra: units, normalising, stacking, line markers, error bands, hundreds at once, export.
import { make } from "./dom.js";
import { AXES, LINES, covers } from "./lines.js";
import { colour, draw, layout, savePicture, saveText, seriesColour, translucent, webgl, whenThemeChanges } from "./plotting.js";
import { csv, votable } from "./export.js";

const MANY = 12; // from here on no legend, thin translucent lines, and WebGL

/** Make what the plotter takes of a Curve of the API; bad pixels stay, their errors do not. */
export const curveOf = (curve, name, label = null) => ({ name, label, wavelength: curve.x, flux: curve.flux, columns: curve.axis === "column",
  error: curve.error && curve.mask ? curve.error.map((value, at) => (curve.mask[at] ? null : value)) : curve.error });

/** Spectra: [{name, label?, wavelength (Å), flux, error?, columns?: true after PCA and the like, second?: true for the original beside the prepared}]. */
export class SpectraPlot {
  constructor(frame, { name = "spectra", step = null } = {}) {
    this.element = frame.querySelector("[data-plot]");
    this.tools = frame.querySelector("[data-tools]");
    this.name = name;
    this.spectra = [];
    this.axis = "angstrom";
    this.normalised = false;
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
    if (spectra.some((one) => one.columns)) { this.spectra = spectra.filter((one) => one.columns); this.axis = "column"; } else if (this.axis === "column") this.axis = "angstrom";
    if (!this.asked) this.normalised = farApart(this.spectra.filter((one) => !one.second));
    this.makeTools();
    this.element.setAttribute("aria-label", `Plot of ${spectra.length} spectra: ${spectra.slice(0, 3).map((one) => one.name).join(", ")}`);
    this.element.setAttribute("role", "group");
    await this.draw();
  }

  makeTools() {
    const option = (value, text) => make("option", { value, selected: value === this.axis }, text);
    const present = this.axis === "column" ? [] : LINES.filter((line) => line.at.some((at) => covers(this.spectra, at)));
    const axis = make("select", { class: "input", "aria-label": "Horizontal axis", onchange: (event) => { this.axis = event.target.value; this.draw(); } },
      ...(this.axis === "column" ? [option("column", "columns")] : [option("angstrom", "Å"), option("nanometre", "nm")]), ...present.map((line) => option(`velocity ${line.name}`, `km/s about ${line.name}`)));
    const toggle = (text, key, title) => make("button", { type: "button", class: "toggle", "aria-pressed": String(this[key]), title,
      onclick: (event) => { this[key] = !this[key]; this.asked = true; event.target.setAttribute("aria-pressed", String(this[key])); this.draw(); } }, text);
    const lines = present.map((line) => make("button", { type: "button", class: "toggle", "aria-pressed": String(this.lines.has(line.name)), onclick: (event) => {
      if (!this.lines.delete(line.name)) this.lines.add(line.name);
      event.target.setAttribute("aria-pressed", String(this.lines.has(line.name)));
      this.draw();
    } }, line.name));
    const save = make("select", { class: "input", "aria-label": "Save the plot", onchange: (event) => { this.save(event.target.value); event.target.value = ""; } },
      make("option", { value: "" }, "Save as…"), make("option", { value: "png" }, "PNG"), make("option", { value: "csv" }, "CSV"), make("option", { value: "vot" }, "VOTable"));
    const errors = this.spectra.length < MANY && this.spectra.some((one) => one.error);
    this.tools.replaceChildren(axis, make("div", { class: "toggles" }, this.paired ? null : toggle("normalised", "normalised", "Each divided by its median"),
      this.spectra.length > 1 && !this.paired ? toggle("stacked", "stacked", "One above the other") : null, errors ? toggle("error band", "band", "One standard deviation, from ivar") : null),
    make("div", { class: "toggles", role: "group", "aria-label": "Line markers" }, ...lines), save);
    this.tools.hidden = false;
  }

  get paired() { return this.spectra.some((one) => one.second); } // prepared and original share no scale: an axis each

  curves() {
    const axis = AXES[this.axis];
    const scales = this.spectra.map((one) => (this.normalised && !this.paired ? scaleOf(one.flux) : 1));
    const spans = this.spectra.map((one, index) => span(one.flux, scales[index]));
    const gap = this.stacked && !this.paired ? Math.max(...spans, 1e-30) * (this.spectra.length > MANY ? 0.15 : 0.6) : 0;
    return this.spectra.map((one, index) => ({ ...one, x: one.wavelength.map(axis.from), scale: scales[index], offset: gap * index,
      y: one.flux.map((value) => (value === null ? null : value / scales[index] + gap * index)) }));
  }

  async draw() {
    if (!this.spectra.length) return;
    const many = this.spectra.length > MANY;
    const type = many && webgl() ? "scattergl" : "scatter";
    const labels = [...new Set(this.spectra.map((one) => one.label ?? ""))];
    const traces = [];
    this.curves().forEach((curve, index) => {
      const shade = seriesColour(many ? labels.indexOf(curve.label ?? "") : curve.colour ?? index);
      if (!many && this.band && curve.error) traces.push(...bandOf(curve, shade));
      traces.push({ type, mode: "lines", x: curve.x, y: curve.y, name: curve.label && !many ? `${curve.name} · ${curve.label}` : curve.name, connectgaps: false,
        yaxis: curve.second ? "y2" : "y", line: { width: many ? 1 : 1.4, color: many ? translucent(shade, Math.max(0.12, 12 / this.spectra.length)) : shade, dash: curve.second && type === "scatter" ? "dot" : "solid" },
        hovertemplate: "%{x:.6~g}, %{y:.4~g}<extra>%{fullData.name}</extra>" });
    });
    const axis = AXES[this.axis];
    await draw(this.element, traces, layout({
      showlegend: !many && this.spectra.length > 1, ...this.markers(axis),
      xaxis: { title: { text: axis.title } },
      yaxis: { title: { text: this.paired ? "Flux, prepared" : this.normalised ? "Flux / median" : "Flux" }, exponentformat: "power" },
      ...(this.paired ? { margin: { l: 56, r: 56, t: 32, b: 44 }, yaxis2: { ...layout().yaxis, title: { text: "Flux, original" }, overlaying: "y", side: "right", tickmode: "auto", showgrid: false, zeroline: false, exponentformat: "power" } } : {}),
    }));
  }

  markers(axis) {
    const chosen = (this.axis === "column" ? [] : LINES).filter((line) => this.lines.has(line.name)).flatMap((line) => line.at.map((at) => [line.name, at]));
    const seen = chosen.filter(([, at]) => covers(this.spectra, at));
    return {
      shapes: seen.map(([, at]) => ({ type: "line", x0: axis.from(at), x1: axis.from(at), yref: "paper", y0: 0, y1: 1, line: { width: 1, dash: "dot", color: colour("line-strong") } })),
      annotations: seen.map(([text, at]) => ({ x: axis.from(at), yref: "paper", y: 1, yanchor: "top", xanchor: "left", text, showarrow: false, font: { size: 11, color: colour("muted") } })),
    };
  }

  save(kind) {
    if (kind === "png") savePicture(this.element, this.name);
    else if (kind === "csv") saveText(csv(this.curves(), AXES[this.axis]), `${this.name}.csv`);
    else if (kind === "vot") saveText(votable(this.curves(), AXES[this.axis]), `${this.name}.vot`, "application/x-votable+xml");
  }
}

function scaleOf(flux) {
  const known = flux.filter((value) => value !== null).sort((a, b) => a - b);
  const median = known[Math.floor(known.length / 2)] ?? 1;
  const spread = known.length ? known.at(-1) - known[0] : 1;
  return Math.abs(median) > 0.02 * spread ? Math.abs(median) : spread || 1; // fluxes scaled to [−1, 1] have no use for their median
}

/** Whether the scales of some spectra differ so much that the faint ones would be flat lines. */
function farApart(spectra) {
  const scales = spectra.map((one) => scaleOf(one.flux));
  return Math.max(...scales) > 5 * Math.min(...scales);
}

function span(flux, scale) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of flux) if (value !== null) { if (value < low) low = value; if (value > high) high = value; }
  return high > low ? (high - low) / scale : 0;
}

function bandOf(curve, shade) {
  const side = (sign) => curve.y.map((value, at) => (value === null || !curve.error[at] ? null : value + (sign * curve.error[at]) / curve.scale));
  const common = { type: "scatter", mode: "lines", x: curve.x, yaxis: curve.second ? "y2" : "y", line: { width: 0 }, hoverinfo: "skip", showlegend: false };
  return [{ ...common, y: side(-1) }, { ...common, y: side(1), fill: "tonexty", fillcolor: translucent(shade, 0.2) }];
}
