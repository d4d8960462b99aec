// The confusion matrix: each cell opens its spectra.
import { make } from "../dom.js";
import { count } from "../humanise.js";
import { openMark } from "../panel.js";

const percent = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(part === whole ? 0 : 1)} %` : "–");
const total = (values) => values.reduce((sum, value) => sum + value, 0);

export function drawMatrix(frame, view, { url, job }) {
  const { classes, counts } = view.data;
  const predicted = classes.map((_, column) => total(counts.map((row) => row[column])));
  const rows = classes.map((name, row) => {
    const all = total(counts[row]);
    const cells = counts[row].map((value, column) => {
      const share = all ? value / all : 0;
      const mark = row * classes.length + column;
      const title = `True ${name}, predicted ${classes[column]}: ${count(value)}`;
      const open = make("button", { type: "button", class: `matrix-cell${row === column ? " matrix-right" : ""}${share > 0.5 ? " matrix-full" : ""}`, disabled: value === 0, "aria-label": title, title,
        "data-mark": mark, onclick: () => openMark(title, url, mark, job) }, make("span", {}, count(value)), make("small", {}, percent(value, all)));
      open.style.setProperty("--share", `${Math.round(share * 100)}%`);
      return make("td", {}, open);
    });
    return make("tr", {}, make("th", { scope: "row" }, name), ...cells, make("td", { class: "number muted" }, percent(counts[row][row], all)));
  });
  const head = make("tr", {}, make("td", {}, make("span", { class: "small muted" }, "true ↓ · predicted →")), ...classes.map((name) => make("th", { scope: "col" }, name)), make("th", { scope: "col", class: "number" }, "recall"));
  const foot = make("tr", {}, make("th", { scope: "row" }, "precision"), ...classes.map((_, at) => make("td", { class: "number muted" }, percent(counts[at][at], predicted[at]))),
    make("td", { class: "number" }, make("strong", {}, percent(total(classes.map((_, at) => counts[at][at])), total(predicted)))));
  const place = frame.querySelector("[data-plot]");
  place.className = "matrix-frame";
  place.tabIndex = 0;
  place.setAttribute("role", "region");
  place.setAttribute("aria-label", view.title);
  place.replaceChildren(make("table", { class: "matrix" }, make("caption", { class: "only-spoken" }, view.title), make("thead", {}, head), make("tbody", {}, ...rows), make("tfoot", {}, foot)),
    make("p", { class: "small muted" }, `${view.data.split ? `From ${view.data.split}. ` : ""}Percentages per true class. Select a cell to see its spectra.`));
}
