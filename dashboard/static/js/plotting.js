// The Plotly theme: colours from the stylesheet's tokens, light or dark.
import { toast } from "./notices.js";

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

export function colour(token) {
  probe.style.color = `var(--${token})`;
  return getComputedStyle(probe).color;
}

export const seriesColour = (index) => colour(`series-${(index % 8) + 1}`);

export function translucent(text, alpha) {
  const [red, green, blue] = text.match(/[\d.]+/g).map(Number);
  return `rgba(${red},${green},${blue},${alpha})`;
}

export const webgl = (() => {
  let known;
  return () => {
    if (known === undefined) known = Boolean(document.createElement("canvas").getContext("webgl"));
    return known;
  };
})();

export function layout(changes = {}) {
  const axis = ({ title, ...more }) => ({ gridcolor: colour("line"), linecolor: colour("line-strong"), zerolinecolor: colour("line"), ticks: "outside",
    tickcolor: colour("line-strong"), showline: true, automargin: true, title: { standoff: 10, ...title }, ...more });
  const { xaxis = {}, yaxis = {}, ...rest } = changes;
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "closest", dragmode: "zoom",
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("muted") },
    margin: { l: 56, r: 16, t: 12, b: 44 }, showlegend: false,
    legend: { orientation: "h", y: -0.22, font: { color: colour("text") } },
    hoverlabel: { bgcolor: colour("surface"), bordercolor: colour("line-strong"), font: { color: colour("text") } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("muted"), activecolor: colour("accent") },
    xaxis: axis(xaxis), yaxis: axis(yaxis), ...rest,
  };
}

const CONFIG = { displaylogo: false, responsive: true, scrollZoom: false, displayModeBar: true, showTips: false,
  modeBarButtons: [["zoom2d", "pan2d", "resetScale2d"]] };

// Plotly reads texts as markup: names, labels and titles come from files, and are shown as they are.
const plain = (text) => (typeof text === "string" ? text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;") : text);
const plainTexts = (texts) => (Array.isArray(texts) ? texts.map(plain) : plain(texts));

function plainTrace(trace) {
  return { ...trace, ...(trace.name === undefined ? {} : { name: plain(trace.name) }), ...(trace.text === undefined ? {} : { text: plainTexts(trace.text) }) };
}

function plainAxes(shape) {
  return Object.fromEntries(Object.entries(shape).map(([name, value]) => [name, /^[xy]axis\d*$/.test(name)
    ? { ...value, title: { ...value.title, text: plain(value.title?.text) }, ...(value.ticktext ? { ticktext: plainTexts(value.ticktext) } : {}) } : value]));
}

const ENTRY_WIDTH = 210; // of a legend, about; its height
const ENTRY_HEIGHT = 19;

/** Puts a legend below the title of the axis: Plotly counts in heights of the plot, which a long legend makes small. */
function withLegendBelow(element, traces, shape) {
  if (!shape.showlegend || !(shape.legend?.y < 0)) return shape;
  const entries = traces.filter((trace) => trace.showlegend !== false).length;
  const rows = Math.ceil(entries / Math.max(1, Math.floor(element.clientWidth / ENTRY_WIDTH)));
  const height = element.clientHeight || 400;
  const plot = Math.max(height / 3, height - 76 - ENTRY_HEIGHT * rows);
  return { ...shape, legend: { ...shape.legend, y: -Math.max(0.22, 64 / plot) } };
}

export async function draw(element, traces, shape, config = {}) {
  element.classList.remove("plot-wait");
  if (element.dataset.drawn === undefined) element.replaceChildren(); // only content from before the first drawing
  element.dataset.drawn = "";
  const kinds = [...new Set(traces.map((trace) => trace.type))].join();
  if (element.dataset.kinds && element.dataset.kinds !== kinds) window.Plotly.purge(element); // react does not remove WebGL layers
  element.dataset.kinds = kinds;
  await window.Plotly.react(element, traces.map(plainTrace), plainAxes(withLegendBelow(element, traces, shape)), { ...CONFIG, ...config });
  return element;
}

export function whenThemeChanges(element, again) {
  addEventListener("themechange", () => { if (element.isConnected) again(); });
}

export async function savePicture(element, name) {
  const { width, height } = element.getBoundingClientRect();
  await window.Plotly.downloadImage(element, { format: "png", filename: name, width, height, scale: 2 });
}

export function saveText(text, name, kind = "text/csv") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: kind }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  toast(`Saved ${name}.`, "done");
}
