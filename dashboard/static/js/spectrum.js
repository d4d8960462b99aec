// One spectrum; arrow keys open the neighbours; zooming loads more detail.
import { debounce } from "./dom.js";
import { ask, dataOf } from "./http.js";
import { SpectraPlot, curveOf } from "./spectra.js";
import { bothOf } from "./panel.js";

const { spectrum, curve, original, previous, next, links } = dataOf("spectrum");
const box = document.getElementById("spectrum-plot");
const go = (by) => { const to = by > 0 ? next : previous; if (to !== null) location.href = links.replace("{n}", to); };
const plot = new SpectraPlot(box, { name: spectrum.name.replace(/[^\w.-]+/g, "_"), step: go });
const curves = (fine) => (spectrum.prepared ? bothOf({ spectrum, original: fine ?? original }) : [curveOf(fine ?? curve, spectrum.name, spectrum.label)]);
const whole = curve ?? original;

await plot.show(curves());
if (whole && whole.shown < whole.points) {
  plot.element.on("plotly_relayout", debounce(async (change) => {
    const across = plot.paired ? "xaxis2" : "xaxis"; // the panel of the original
    const [low, high] = [change[`${across}.range[0]`], change[`${across}.range[1]`]];
    if (plot.axis !== "angstrom" || (low === undefined && !change[`${across}.autorange`])) return;
    const others = Object.fromEntries(Object.entries(change).filter(([name]) => !name.startsWith(`${across}.`))); // relayout events of the same axis would repeat
    const range = low === undefined ? "" : `&minimum=${low}&maximum=${high}`;
    const answer = await ask(`${location.pathname}?points=4000${range}`);
    plot.spectra = curves(answer.curve ?? answer.original);
    await plot.draw();
    window.Plotly.relayout(plot.element, low === undefined ? others : { ...others, [`${across}.range`]: [low, high] });
  }, 250));
}
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea, [data-plot], dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowRight" || event.key === "j") go(1);
  if (event.key === "ArrowLeft" || event.key === "k") go(-1);
});
