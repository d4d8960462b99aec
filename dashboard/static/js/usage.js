// What a job used of what it asked for: processors and memory over time, and a suggestion for the next run.
import { debounce, make } from "./dom.js";
import { ask } from "./http.js";
import { count, duration, plural } from "./humanise.js";
import { listen } from "./live.js";
import { colour, draw, layout, seriesColour, whenThemeChanges } from "./plotting.js";

const megabytes = (value) => `${count(value)} MB`;
const percent = (share) => (share === null ? "–" : `${Math.round(100 * share)} %`);

function figure(name, value, help) {
  return make("div", { class: "figure" }, make("span", { class: "muted small" }, name), make("strong", {}, value), make("span", { class: "muted small" }, help));
}

function suggestion({ suggestion: next }) {
  const parts = [];
  if (next.cpus) parts.push(plural(next.cpus, "processor"));
  if (next.memory_mb) parts.push(`${megabytes(next.memory_mb)} of memory`);
  return parts.length ? `Much less is enough: ask for ${parts.join(" and ")} next time.` : "";
}

async function curve(place, name, key, usage, limit, scale = (value) => value) {
  const parts = [...new Set(usage.samples.map((one) => one.part))];
  const traces = parts.map((part, index) => {
    const own = usage.samples.filter((one) => one.part === part && one[key] !== null);
    return { type: "scatter", mode: own.length < 40 ? "lines+markers" : "lines", name: part === null ? name : `part ${part + 1}`, x: own.map((one) => one.seconds), y: own.map((one) => scale(one[key])), line: { color: seriesColour(index), width: 1.6 }, marker: { size: 4 } };
  });
  const asked = limit ? [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: limit, y1: limit, line: { color: colour("muted"), width: 1, dash: "dash" } }] : [];
  const frame = make("figure", { class: "plot-frame" }, make("figcaption", { class: "plot-head" }, make("h3", {}, name), make("span", { class: "muted small" }, limit ? "dashed: asked for" : "")), make("div", { class: "plot plot-short" }));
  place.append(frame);
  await draw(frame.lastChild, traces, layout({ xaxis: { title: { text: "seconds" } }, yaxis: { rangemode: "tozero" }, shapes: asked, showlegend: parts.length > 1, margin: { l: 48, r: 12, t: 4, b: 36 } }), { displayModeBar: false });
}

async function show(place) {
  const { usage } = await ask(`/jobs/${place.dataset.usage}/usage`);
  place.querySelector("[data-none]").hidden = usage.samples.length > 0;
  if (!usage.samples.length) return;
  const [figures, words, plots] = place.querySelectorAll("[data-figures], [data-words], [data-plots]");
  figures.replaceChildren(
    figure("Processor time", duration(usage.cpu_s), `${percent(usage.cpu_share)} of ${plural(usage.asked.cpus, "processor")} for ${duration(usage.elapsed_s)}`),
    figure("Memory, at most", megabytes(usage.memory_mb), usage.asked.memory_mb ? `${percent(usage.memory_share)} of ${megabytes(usage.asked.memory_mb)}` : ""),
  );
  words.textContent = suggestion(usage);
  plots.replaceChildren();
  await curve(plots, "Busy processors", "processors", usage, usage.asked.cpus);
  await curve(plots, "Memory (MB)", "memory_mb", usage, usage.asked.memory_mb);
  if (usage.samples.some((one) => one.gpu_percent !== null)) {
    await curve(plots, "GPUs busy (%)", "gpu_percent", usage, 100);
    await curve(plots, "GPU memory (MB)", "gpu_memory_mb", usage, 0);
  }
}

for (const place of document.querySelectorAll("[data-usage]")) {
  const again = debounce(() => show(place).catch(() => {}), 400);
  listen(`job:${place.dataset.usage}`, (event) => { if (["progress", "phase", "resync"].includes(event.kind)) again(); });
  whenThemeChanges(place, again);
  place.closest("[data-panel]")?.addEventListener("shown", again); // Plotly cannot measure hidden elements
  if (!place.closest("[hidden]")) again();
}
