// Maps of cells, rectangular or hexagonal, as SVG: the SOM (U-matrix under hits) and its component planes.
// Cells open their spectra on click or Enter; arrow keys move between cells.
import { make } from "../dom.js";
import { ask } from "../http.js";
import { number, plural } from "../humanise.js";
import { openMark } from "../panel.js";
import { colour, seriesColour, whenThemeChanges } from "../plotting.js";
import { selectionForm } from "../selection.js";
import { ramp } from "./ramp.js";

const NS = "http://www.w3.org/2000/svg";
const svg = (tag, attributes) => {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

const HEX = Math.sqrt(3) / 2; // distance between two rows of touching hexagons of width 1

/** The middle of a cell; odd rows of a hexagonal map stand half a cell to the right (MiniSom's layout). */
export function middle(row, column, hexagonal) {
  return hexagonal ? [column + 0.5 + (row % 2 ? 0.5 : 0), 0.577 + row * HEX] : [column + 0.5, row + 0.5];
}

function outline([x, y], hexagonal) {
  if (!hexagonal) return [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]].map(([a, b]) => `${x + a},${y + b}`).join(" ");
  return [0, 1, 2, 3, 4, 5].map((k) => {
    const angle = Math.PI / 6 + (k * Math.PI) / 3;
    return `${(x + 0.5774 * Math.cos(angle)).toFixed(3)},${(y + 0.5774 * Math.sin(angle)).toFixed(3)}`;
  }).join(" ");
}

export function range(values) {
  const known = values.flat().filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return (value) => (value === null ? 0 : high > low ? (value - low) / (high - low) : 0.5);
}

function board({ rows, columns, topology }, values, title) {
  const hexagonal = topology === "hexagonal";
  const [width, height] = hexagonal ? [columns + 0.5, (rows - 1) * HEX + 1.155] : [columns, rows];
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "cells", role: "grid", "aria-label": title });
  const place = range(values);
  const cells = [];
  for (let row = 0; row < rows; row += 1) {
    const line = svg("g", { role: "row" });
    for (let column = 0; column < columns; column += 1) {
      const cell = svg("polygon", { points: outline(middle(row, column, hexagonal), hexagonal), role: "gridcell", class: "cell", tabindex: cells.length ? -1 : 0 });
      const paint = () => cell.setAttribute("fill", ramp(place(values[row][column])));
      paint();
      cell.repaint = paint;
      cells.push(cell);
      line.append(cell);
    }
    picture.append(line);
  }
  return { picture, cells, hexagonal };
}

function walk(picture, cells, columns, open) {
  picture.addEventListener("keydown", (event) => {
    const at = cells.indexOf(document.activeElement);
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (at < 0) return;
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(at); }
    if (by === undefined || !cells[at + by]) return;
    event.preventDefault();
    cells[at].setAttribute("tabindex", "-1");
    cells[at + by].setAttribute("tabindex", "0");
    cells[at + by].focus();
  });
  cells.forEach((cell, at) => cell.addEventListener("click", () => open(at)));
}

/** Says which class is the most frequent of a cell; "mostly" only of more than half. */
function majority(kind, share) {
  if (!share) return `, most frequent class ${kind}`;
  return `, ${share > 0.5 ? "mostly" : "most frequent class"} ${kind} (${Math.round(share * 100)} %)`;
}

/** The colours of a map's cells with the values at both ends. */
function scale(values, title) {
  const known = values.flat().filter((value) => value !== null);
  const steps = [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => {
    const step = svg("rect", { x: share * 50, y: 0, width: 10.1, height: 6 });
    step.repaint = () => step.setAttribute("fill", ramp(share));
    step.repaint();
    return step;
  });
  const bar = svg("svg", { viewBox: "0 0 60 6", preserveAspectRatio: "none", class: "scale", "aria-hidden": "true" });
  bar.append(...steps);
  whenThemeChanges(bar, () => { for (const step of steps) step.repaint(); });
  return make("div", { class: "legend" }, make("span", {}, title), make("span", { class: "row" }, number(Math.min(...known), 3), bar, number(Math.max(...known), 3)));
}

/** Lets several cells be selected for a dataset of their spectra; null where the page makes none. */
function severalCells(frame, { id, data }, cells, job) {
  const chosen = new Set();
  const form = selectionForm(job, () => ({ view: id, marks: [...chosen].sort((a, b) => a - b) }));
  if (!form) return null;
  const told = make("span", { class: "small muted", role: "status" });
  const tell = () => {
    const hits = data.hits.flat();
    told.textContent = chosen.size ? `${plural(chosen.size, "cell")}, ${plural([...chosen].reduce((sum, at) => sum + hits[at], 0), "spectrum", "spectra")}` : "";
    form.hidden = !chosen.size;
  };
  const mark = (at, on) => { if (on) chosen.add(at); else chosen.delete(at); cells[at].setAttribute("aria-selected", on); };
  const box = make("input", { type: "checkbox", onchange: () => { if (!box.checked) for (const at of [...chosen]) mark(at, false); tell(); } });
  const tools = frame.querySelector("[data-tools]");
  tools.replaceChildren(make("label", { class: "check" }, box, "Select several cells"), told);
  tools.hidden = false;
  tell();
  return { form, take: (at) => { if (box.checked) { mark(at, !chosen.has(at)); tell(); } return box.checked; } };
}

export function drawSom(frame, view, { url, job }) {
  const { data } = view;
  const classes = Object.keys(data.class_counts ?? {});
  const { picture, cells, hexagonal } = board(data, data.u_matrix, view.title);
  const most = Math.max(...data.hits.flat(), 1);
  const marks = svg("g", { class: "hits" });
  const about = [];
  cells.forEach((cell, at) => {
    const [row, column] = [Math.floor(at / data.columns), at % data.columns];
    const hits = data.hits[row][column];
    const kind = data.majority?.[row]?.[column];
    const [x, y] = middle(row, column, hexagonal);
    about.push(`Cell ${row + 1}, ${column + 1}: ${plural(hits, "spectrum", "spectra")}${kind ? majority(kind, data.purity?.[row]?.[column]) : ""}`);
    cell.setAttribute("aria-label", about[at]);
    if (!hits) return;
    const dot = svg("circle", { cx: x, cy: y, r: (0.1 + 0.32 * Math.sqrt(hits / most)).toFixed(3), "stroke-width": 0.04 });
    dot.repaint = () => { dot.setAttribute("fill", kind ? seriesColour(classes.indexOf(kind)) : colour("surface")); dot.setAttribute("stroke", colour("surface")); };
    dot.repaint();
    marks.append(dot);
  });
  picture.append(marks);
  const line = make("p", { class: "map-line small muted", "aria-live": "off" }, "Dark borders separate dissimilar cells; circle area shows the number of spectra. Select a cell to see them.");
  const tell = (event) => { const at = cells.indexOf(event.target); if (at >= 0) line.textContent = about[at]; };
  picture.addEventListener("pointerover", tell);
  picture.addEventListener("focusin", tell);
  const several = severalCells(frame, view, cells, job);
  walk(picture, cells, data.columns, (at) => { if (!several?.take(at)) openMark(about[at], url, at, job); });
  const legend = make("div", { class: "legend" }, ...classes.map((name, index) => {
    const dot = make("i", { class: `legend-dot series-${(index % 8) + 1}` });
    return make("span", {}, dot, name);
  }), ...(cells.some((_, at) => { const [row, column] = [Math.floor(at / data.columns), at % data.columns]; return data.hits[row][column] && !data.majority?.[row]?.[column]; })
    ? [make("span", {}, make("i", { class: "legend-dot legend-none" }), classes.length ? "no label" : "spectra")] : []));
  const place = frame.querySelector("[data-plot]");
  place.className = "map";
  place.replaceChildren(...[picture, scale(data.u_matrix, "Mean distance to the neighbouring cells"), legend, line, several?.form].filter(Boolean));
  whenThemeChanges(picture, () => { for (const each of [...cells, ...marks.children]) each.repaint(); });
}

export function drawPlanes(frame, view, { url }) {
  let { data } = view;
  const place = frame.querySelector("[data-plot]");
  place.className = "map";
  const holder = make("div");
  let first = data.first ?? 0;
  const show = async (plane) => {
    if (plane < first || plane >= first + data.planes.length) {
      ({ view: { data } } = await ask(`${url}?first=${plane}`));
      first = data.first ?? plane;
    }
    const index = plane - first;
    const { picture, cells } = board(data, data.planes[index], data.names[index]);
    cells.forEach((cell, at) => cell.setAttribute("aria-label", `${data.planes[index][Math.floor(at / data.columns)][at % data.columns]?.toPrecision(3)}`));
    holder.replaceChildren(make("p", { class: "small muted" }, data.names[index] ?? ""), picture, scale(data.planes[index], "Value of the prototypes"));
  };
  const all = data.planes_total ?? data.planes.length;
  const choice = make("input", { class: "input", type: "number", min: 1, max: all, value: first + 1, "aria-label": `Component, 1 to ${all}`, onchange: () => show(Number(choice.value) - 1) });
  frame.querySelector("[data-tools]").replaceChildren(make("label", { class: "row small" }, `Component of ${all}`, choice));
  frame.querySelector("[data-tools]").hidden = false;
  place.replaceChildren(holder);
  whenThemeChanges(holder, () => show(Number(choice.value) - 1));
  return show(first);
}
