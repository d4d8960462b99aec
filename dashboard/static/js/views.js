// Draws every kind of view that a method can report; methods send data only.
import { make } from "./dom.js";
import { ask } from "./http.js";
import { drawImage, drawParameterMap } from "./views/images.js";
import { drawCurves, drawHistogram, drawScatter } from "./views/plots.js";
import { drawMatrix } from "./views/matrix.js";
import { drawPlanes, drawSom } from "./views/maps.js";
import { drawMetrics, drawTable } from "./views/tables.js";
import { drawSpectra } from "./views/spectra.js";

const KINDS = {
  "som-map": drawSom, "component-planes": drawPlanes, "confusion-matrix": drawMatrix, curves: drawCurves, scatter: drawScatter,
  histogram: drawHistogram, table: drawTable, metrics: drawMetrics, spectra: drawSpectra,
  image: drawImage, "parameter-map": drawParameterMap,
};

async function show(frame) {
  const { url, job } = frame.dataset;
  const place = frame.querySelector("[data-plot]");
  try {
    const { view } = await ask(url);
    const drawing = KINDS[view.kind];
    if (!drawing) throw new Error(`Unknown kind of view “${view.kind}”.`);
    await drawing(frame, view, { url, job });
  } catch (problem) {
    place.className = "plot-wait";
    place.replaceChildren(make("p", {}, `${problem.message} `, make("a", { href: `${url}?format=json` }, "View the data"), "."));
  }
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); show(entry.target); }
}, { rootMargin: "300px" });

export function prepareViews(root = document) {
  for (const frame of root.querySelectorAll("[data-view]:not([data-watched])")) { frame.dataset.watched = ""; seen.observe(frame); }
}

prepareViews();
document.addEventListener("fresh", (event) => prepareViews(event.target));
