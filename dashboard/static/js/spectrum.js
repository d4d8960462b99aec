// One spectrum; arrow keys open the neighbours; zooming loads more detail.
import { ask, dataOf } from "./http.js";
import { SpectraPlot, curveOf } from "./spectra.js";
import { bothOf } from "./panel.js";

const { spectrum, curve, original, previous, next, links, exported } = dataOf("spectrum");
const box = document.getElementById("spectrum-plot");
const go = (by) => { const to = by > 0 ? next : previous; if (to !== null) location.href = links.replace("{n}", to); };
const curves = (fine) => (spectrum.prepared ? bothOf({ spectrum, original: fine ?? original }) : [curveOf(fine ?? curve, spectrum.name, spectrum.label)]);
const whole = curve ?? original;
const finer = async (window) => {
  const answer = await ask(`${location.pathname}?${new URLSearchParams(window)}`);
  return curves(answer.curve ?? answer.original);
};
const plot = new SpectraPlot(box, { name: spectrum.name.replace(/[^\w.-]+/g, "_"), step: go,
  exported: exported && ((format) => `${exported}&format=${format}`), finer: whole && whole.shown < whole.points ? finer : null });

await plot.show(curves());
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea, [data-plot], dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "ArrowRight" || event.key === "j") go(1);
  if (event.key === "ArrowLeft" || event.key === "k") go(-1);
});
