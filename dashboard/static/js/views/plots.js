// Curves, scatter plots and histograms.
import { make } from "../dom.js";
import { openMark, openRows } from "../panel.js";
import { LINES } from "../lines.js";
import { colour, draw, layout, seriesColour, translucent, webgl, whenThemeChanges } from "../plotting.js";

const titled = (title, unit) => ({ title: { text: unit ? `${title} (${unit})` : title } });

function always(frame, drawing) {
  const place = frame.querySelector("[data-plot]");
  whenThemeChanges(place, () => drawing(place));
  return drawing(place);
}

const scale = (log) => (log ? { type: "log" } : {});

/** A band about a line: its lower edge, and its upper edge filled down to that. */
function band(one, index) {
  const edge = { type: "scatter", mode: "lines", x: one.x, line: { width: 0 }, hoverinfo: "skip", showlegend: false, legendgroup: one.name, name: one.name };
  return [{ ...edge, y: one.low }, { ...edge, y: one.high, fill: "tonexty", fillcolor: translucent(seriesColour(index), 0.22) }];
}

function curve(one, index) {
  const points = one.mode === "points" || one.x.length < 2;
  return { type: "scatter", mode: points ? "markers" : "lines", x: one.x, y: one.y, name: one.name, legendgroup: one.name, line: { color: seriesColour(index), width: 1.6 },
    ...(points ? { marker: { color: seriesColour(index), size: 7 } } : {}), ...(one.rows ? { customdata: one.rows } : {}),
    ...(one.error ? { error_y: { type: "data", array: one.error, color: seriesColour(index), thickness: 1.2, width: 3 } } : {}) };
}

/** Colours by name without what a curve and its points add: "Orbit 1" and "Star 1" share one. */
function shades(series) {
  const lines = series.filter((one) => one.mode !== "points").length;
  return series.map((one, at) => (lines && one.mode === "points" ? at - lines : at));
}

export function drawCurves(frame, view, { job }) {
  const { data } = view;
  const lines = data.x_unit === "Å" ? LINES.flatMap((line) => line.at.map((at) => [line.name, at])) : [];
  const [low, high] = extent(data.series.map((one) => one.x));
  const seen = lines.filter(([, at]) => at > low && at < high);
  const index = shades(data.series);
  const drawn = always(frame, (place) => draw(place, data.series.flatMap((one, at) => [...(one.low && one.high ? band(one, index[at]) : []), curve(one, index[at])]), layout({
    showlegend: data.series.length > 1, xaxis: { ...titled(data.x_title, data.x_unit), ...scale(data.x_log) }, yaxis: { ...titled(data.y_title, data.y_unit), ...scale(data.y_log) },
    shapes: seen.map(([, at]) => ({ type: "line", x0: at, x1: at, yref: "paper", y0: 0, y1: 1, line: { width: 1, dash: "dot", color: colour("line-strong") } })),
    annotations: seen.map(([text, at]) => ({ x: at, yref: "paper", y: 1, yanchor: "bottom", text, showarrow: false, font: { size: 10 }, textangle: -40 })),
    margin: { l: 56, r: 16, t: seen.length ? 34 : 12, b: 44 },
  })));
  if (data.series.some((one) => one.rows)) drawn.then(() => frame.querySelector("[data-plot]").on("plotly_click", (event) => {
    const row = event.points.map((point) => point.customdata).find((one) => one !== undefined);
    if (row !== undefined) openRows(`Row ${row}`, [row], job);
  }));
  return drawn;
}

function extent(lists) {
  let [low, high] = [Infinity, -Infinity];
  for (const list of lists) for (const value of list) { if (value < low) low = value; if (value > high) high = value; }
  return [low, high];
}

/** All points of a plot that shows a sample of them, as shades behind these. */
function density({ x, y, counts }) {
  const middles = (edges) => edges.slice(1).map((edge, at) => (edge + edges[at]) / 2);
  return { type: "heatmap", name: "density", x: middles(x), y: middles(y), z: counts.map((line) => line.map((count) => (count ? Math.log10(count) : null))),
    colorscale: [[0, translucent(colour("accent"), 0.08)], [1, translucent(colour("accent"), 0.7)]], showscale: false, hoverinfo: "skip" };
}

const CORNERS = 500; // of a polygon that is sent

/** The corners of what was drawn around points. */
function cornersOf({ lassoPoints: drawn }) {
  if (!drawn) return null;
  const step = Math.ceil(drawn.x.length / CORNERS);
  return drawn.x.map((x, at) => [x, drawn.y[at]]).filter((_, at) => at % step === 0);
}

export async function drawScatter(frame, view, { job }) {
  const { data } = view;
  const numbered = data.rows ?? data.x.map((_, at) => at);
  const numbers = data.colour?.every((value) => value === null || typeof value === "number");
  const groups = data.colour && !numbers ? [...new Set(data.colour)] : [null];
  const behind = () => (data.density ? [density(data.density)] : []);
  await always(frame, (place) => draw(place, [...behind(), ...groups.map((group, index) => {
    const rows = data.x.map((_, row) => row).filter((row) => group === null || data.colour[row] === group);
    const shade = numbers ? { color: rows.map((row) => data.colour[row]), colorscale: "Viridis", showscale: true } : { color: translucent(seriesColour(index), 0.75) };
    return { type: webgl() && data.x.length > 2000 ? "scattergl" : "scatter", mode: "markers", name: group ?? view.title, customdata: rows.map((at) => numbered[at]), x: rows.map((row) => data.x[row]), y: rows.map((row) => data.y[row]),
      marker: { size: data.x.length > 5000 ? 3 : 6, ...shade }, hovertemplate: "row %{customdata}<br>%{x:.4~g}, %{y:.4~g}<extra>%{fullData.name}</extra>" };
  })], layout({ showlegend: groups.length > 1, xaxis: titled(data.x_title), yaxis: titled(data.y_title) }), { modeBarButtons: [["zoom2d", "pan2d", "lasso2d", "resetScale2d"]] }));
  const place = frame.querySelector("[data-plot]");
  const open = (points, polygon) => {
    const rows = points.map((point) => point.customdata).filter((row) => row !== undefined);
    // Of a plot that shows a sample, the server takes all points within the line.
    const chosen = data.density && polygon ? { view: view.id, polygon } : { rows };
    if (rows.length) openRows(rows.length === 1 ? `Row ${rows[0]}` : `${rows.length} selected points`, rows, job, chosen);
  };
  place.on("plotly_click", (event) => open(event.points.slice(0, 1)));
  place.on("plotly_selected", (event) => { if (event?.points.length) open(event.points, cornersOf(event)); });
}

export async function drawHistogram(frame, { data }, { url, job }) {
  const middles = data.counts.map((_, at) => (data.edges[at] + data.edges[at + 1]) / 2);
  const text = (at) => data.names ? `${data.x_title} ${data.names[at]}` : `${data.x_title} ${data.edges[at].toPrecision(4)} to ${data.edges[at + 1].toPrecision(4)}`;
  await always(frame, (place) => draw(place, [{ type: "bar", x: middles, y: data.counts, width: data.counts.map((_, at) => (data.names ? 0.8 : 1) * (data.edges[at + 1] - data.edges[at])),
    marker: { color: translucent(colour("accent"), 0.75), line: { color: colour("surface"), width: 1 } }, text: middles.map((_, at) => text(at)), textposition: "none", hovertemplate: "%{text}: %{y}<extra></extra>" }],
  layout({ bargap: data.names ? 0.2 : 0, xaxis: { ...titled(data.x_title, data.x_unit), ...(data.names ? { tickmode: "array", tickvals: middles, ticktext: data.names } : {}) }, yaxis: titled("Spectra") })));
  const place = frame.querySelector("[data-plot]");
  const open = (at) => openMark(text(at), url, at, job);
  place.on("plotly_click", (event) => open(event.points[0].pointIndex));
  const choice = make("select", { class: "input", "aria-label": "Open the spectra of a bar", onchange: (event) => { if (event.target.value) open(Number(event.target.value)); event.target.value = ""; } },
    make("option", { value: "" }, "Spectra of a bar…"), ...data.counts.map((value, at) => (value ? make("option", { value: at }, `${text(at)}: ${value}`) : null)));
  frame.querySelector("[data-tools]").replaceChildren(choice);
  frame.querySelector("[data-tools]").hidden = false;
}
