// Numbers over a plane: images of rows (residuals of epochs), maps of two parameters with contours.
import { make } from "../dom.js";
import { ask } from "../http.js";
import { openRows } from "../panel.js";
import { colour, draw, layout, whenThemeChanges } from "../plotting.js";
import { ramp } from "./ramp.js";

const titled = (title, unit) => ({ title: { text: unit ? `${title} (${unit})` : title } });
const STEPS = [0, 0.2, 0.4, 0.6, 0.8, 1];
const SHOWN_NAMES = 40; // labels of lines, at most: more would be written over each other

function always(frame, drawing) {
  const place = frame.querySelector("[data-plot]");
  whenThemeChanges(place, () => drawing(place));
  return drawing(place);
}

/** The largest size of a number, leaving out the two per cent that are larger: a cosmic ray hides nothing. */
function reach(lines) {
  const sizes = lines.flat().filter((value) => value !== null).map(Math.abs).sort((a, b) => a - b);
  return sizes[Math.floor(0.98 * (sizes.length - 1))] || 1;
}

export async function drawImage(frame, { title, data }, { job }) {
  const limit = reach(data.z);
  const places = data.names.map((_, at) => at);
  await always(frame, (place) => draw(place, [{ type: "heatmap", x: data.x, y: places, z: data.z, zmin: -limit, zmax: limit, zmid: 0, name: title,
    colorscale: [[0, colour("series-1")], [0.5, colour("surface")], [1, colour("series-2")]], colorbar: { title: { text: data.z_title, side: "right" }, thickness: 12 },
    hovertemplate: "%{x:.6~g}<br>%{text}: %{z:.3~g}<extra></extra>", text: data.z.map((line, at) => line.map(() => data.names[at])) }],
  layout({ xaxis: titled(data.x_title, data.x_unit), yaxis: { ...titled("Spectrum"), tickmode: "array", ...(data.names.length <= SHOWN_NAMES ? { tickvals: places, ticktext: data.names.map((name) => name.slice(-24)) } : { tickvals: [] }) } })));
  if (!data.rows) return;
  const open = (at) => openRows(data.names[at], [data.rows[at]], job);
  frame.querySelector("[data-plot]").on("plotly_click", (event) => open(event.points[0].y));
  const choice = make("select", { class: "input", "aria-label": "Open the spectrum of a line", onchange: (event) => { if (event.target.value) open(Number(event.target.value)); event.target.value = ""; } },
    make("option", { value: "" }, "Spectrum of a line…"), ...data.names.map((name, at) => make("option", { value: at }, name)));
  frame.querySelector("[data-tools]").replaceChildren(choice);
  frame.querySelector("[data-tools]").hidden = false;
}

/** The training form of the job with the parameters of a place in the map. */
async function start(data, x, y, job) {
  const found = await ask(`/jobs/${encodeURIComponent(job)}`);
  const parameters = { ...data.others, [data.parameters.x]: x, [data.parameters.y]: y };
  const query = new URLSearchParams({ from: job, parameters: JSON.stringify(parameters) });
  location.href = `/modules/${encodeURIComponent(found.job.module)}/train?${query}`;
}

export async function drawParameterMap(frame, { title, data }, { job }) {
  const low = Math.min(...data.z.flat().filter((value) => value !== null));
  const lines = () => data.levels.map((level) => ({ type: "contour", x: data.x, y: data.y, z: data.z, autocontour: false, hoverinfo: "skip", showscale: false,
    contours: { start: level, end: level, size: 1, coloring: "none", showlabels: false }, line: { width: 1.4, color: colour("text") } }));
  await always(frame, (place) => draw(place, [
    { type: "heatmap", x: data.x, y: data.y, z: data.z, zmin: low, name: title, colorscale: STEPS.map((share) => [share, ramp(share)]),
      colorbar: { title: { text: data.z_title, side: "right" }, thickness: 12 }, hovertemplate: "%{x:.6~g}, %{y:.6~g}<br>%{z:.5~g}<extra></extra>" },
    ...lines(),
    { type: "scatter", mode: "markers", x: [data.best[0]], y: [data.best[1]], name: "solution", marker: { symbol: "cross", size: 12, color: colour("accent"), line: { color: colour("surface"), width: 1 } }, hovertemplate: "solution<br>%{x:.8~g}, %{y:.8~g}<extra></extra>" },
  ], layout({ xaxis: titled(data.x_title), yaxis: titled(data.y_title) })));
  const place = frame.querySelector("[data-plot]");
  const inputs = ["x", "y"].map((axis, at) => make("input", { class: "input", type: "number", step: "any", value: data.best[at], "aria-label": data[`${axis}_title`] }));
  const go = make("button", { type: "button", class: "button", onclick: () => start(data, Number(inputs[0].value), Number(inputs[1].value), job) }, "Start a training here");
  place.on("plotly_click", (event) => {
    const point = event.points.find((one) => one.z !== undefined) ?? event.points[0];
    inputs[0].value = point.x;
    inputs[1].value = point.y;
    go.focus();
  });
  frame.querySelector("[data-tools]").replaceChildren(...inputs.map((input, at) => make("label", { class: "row small" }, data[`${"xy"[at]}_title`], input)), go);
  frame.querySelector("[data-tools]").hidden = false;
}
