// Live metric curves of a job.
import { debounce, make } from "./dom.js";
import { ask } from "./http.js";
import { number } from "./humanise.js";
import { listen } from "./live.js";
import { draw, layout, seriesColour, whenThemeChanges } from "./plotting.js";

function frameOf(name, place) {
  const found = place.querySelector(`[data-metric="${CSS.escape(name)}"]`);
  if (found) return found;
  const frame = make("figure", { class: "plot-frame", "data-metric": name }, make("figcaption", { class: "plot-head" }, make("h3", {}, name.replaceAll("_", " ")), make("span", { class: "mono", "data-last": true })),
    make("div", { class: "plot plot-short", "data-plot": true }));
  place.append(frame);
  return frame;
}

async function show(place) {
  const { metrics } = await ask(`/jobs/${place.dataset.curves}/metrics`);
  const names = Object.keys(metrics);
  place.querySelector("[data-none]").hidden = names.length > 0;
  for (const [index, name] of names.entries()) {
    const points = metrics[name];
    const frame = frameOf(name, place);
    frame.querySelector("[data-last]").textContent = number(points.at(-1).value);
    const target = frame.querySelector("[data-plot]");
    await draw(target, [{ type: "scatter", mode: points.length < 40 ? "lines+markers" : "lines", x: points.map((point, at) => point.step ?? at), y: points.map((point) => point.value), line: { color: seriesColour(index), width: 1.6 }, marker: { size: 4 } }],
      layout({ xaxis: { title: { text: "step" } }, margin: { l: 48, r: 12, t: 4, b: 36 } }), { displayModeBar: false });
  }
}

for (const place of document.querySelectorAll("[data-curves]")) {
  const again = debounce(() => show(place).catch(() => {}), 400);
  listen(`job:${place.dataset.curves}`, (event) => { if (["metrics", "phase", "resync"].includes(event.kind)) again(); });
  whenThemeChanges(place, again);
  place.closest("[data-panel]")?.addEventListener("shown", again); // Plotly cannot measure hidden elements
  if (!place.closest("[hidden]")) again();
}
