// The metric curves of several runs, each metric in one plot.
import { make } from "./dom.js";
import { ask } from "./http.js";
import { draw, layout, seriesColour, whenThemeChanges } from "./plotting.js";

const section = document.getElementById("curves-compared");

function trace(points, name, index) {
  return { type: "scatter", mode: points.length < 40 ? "lines+markers" : "lines", name, x: points.map((point, at) => point.step ?? at), y: points.map((point) => point.value),
    line: { color: seriesColour(index), width: 1.6, dash: index < 8 ? "solid" : "dot" }, marker: { size: 4 } };
}

function frameOf(name) {
  const plot = make("div", { class: "plot", "data-plot": true });
  return { plot, frame: make("figure", { class: "plot-frame" }, make("figcaption", { class: "plot-head" }, make("h3", {}, name.replaceAll("_", " "))), plot) };
}

async function show() {
  const runs = section.dataset.runs.split(",");
  const titles = JSON.parse(document.getElementById("run-titles").textContent);
  const answers = await Promise.all(runs.map((job) => ask(`/jobs/${job}/metrics`).catch(() => ({ metrics: {} }))));
  const names = [...new Set(answers.flatMap(({ metrics }) => Object.keys(metrics).filter((name) => metrics[name].length > 2)))]; // fewer points are no curve
  section.hidden = names.length === 0;
  for (const name of names) {
    const { plot, frame } = frameOf(name);
    section.querySelector("[data-place]").append(frame);
    const again = () => draw(plot, answers.flatMap(({ metrics }, index) => (metrics[name] ? [trace(metrics[name], titles[index], index)] : [])),
      layout({ xaxis: { title: { text: "step" } }, showlegend: true, margin: { l: 48, r: 12, t: 4, b: 36 } }), { displayModeBar: false });
    await again();
    whenThemeChanges(plot, again);
  }
}

if (section) show();
