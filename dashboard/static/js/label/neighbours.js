// The labelled spectra that are most like the one on the page: by the shape of the flux in the window.
import { make } from "../dom.js";
import { ask } from "../http.js";

const POINTS = 96; // of a profile
const SHOWN = 4;
const AT_FIRST = 80; // labelled spectra of all people that are fetched when the page opens

export class Neighbours {
  constructor(box, place, dataset, windowOf) {
    Object.assign(this, { box, place, dataset, windowOf });
    this.known = new Map(); // number of the spectrum to {label, name, curve}
  }

  async begin() {
    try {
      const found = await ask(`${this.place}/labels?state=agreed&size=${AT_FIRST}`);
      const labels = new Map(found.labels.map((one) => [one.row, one.label]));
      if (!labels.size) return;
      const { curves } = await ask(`/data/${this.dataset}/plot?points=600&numbers=${[...labels.keys()].join(",")}`);
      for (const one of curves) this.known.set(one.number, { label: labels.get(one.number), name: one.name, curve: one });
    } catch {
      // There are fewer neighbours; labelling goes on.
    }
  }

  add(number, label, name, curve) {
    if (label) this.known.set(number, { label, name, curve });
    else this.known.delete(number);
  }

  /** A profile is computed once for each window. */
  profileOf(one, window) {
    const key = window.join();
    if (one.window !== key) Object.assign(one, { window: key, shape: profile(one.curve, window) });
    return one.shape;
  }

  /** Draws the nearest; called after the spectrum itself is on the screen. */
  show(number, curve) {
    const window = this.windowOf() ?? [curve.x[0], curve.x.at(-1)];
    const mine = profile(curve, window);
    const near = mine === null ? [] : [...this.known].filter(([other]) => other !== number)
      .map(([other, one]) => ({ other, ...one, profile: this.profileOf(one, window) }))
      .filter((one) => one.profile)
      .map((one) => ({ ...one, likeness: dot(mine, one.profile) }))
      .sort((a, b) => b.likeness - a.likeness).slice(0, SHOWN);
    this.box.replaceChildren(...near.map((one) => entry(one, this.dataset)));
    this.box.parentElement.hidden = near.length === 0;
  }
}

/** A curve on a common grid of a window, with mean 0 and length 1; null where it does not cover most of it. */
export function profile({ x, flux }, [low, high]) {
  const found = new Float64Array(POINTS);
  let at = 0, covered = 0;
  for (let index = 0; index < POINTS; index += 1) {
    const wanted = low + ((high - low) * index) / (POINTS - 1);
    while (at < x.length - 2 && x[at + 1] < wanted) at += 1;
    const inside = x[at] <= wanted && wanted <= x[at + 1] && flux[at] !== null && flux[at + 1] !== null;
    found[index] = inside ? flux[at] + ((flux[at + 1] - flux[at]) * (wanted - x[at])) / (x[at + 1] - x[at] || 1) : NaN;
    covered += inside ? 1 : 0;
  }
  if (covered < POINTS * 0.8) return null;
  let mean = 0;
  for (const value of found) if (!Number.isNaN(value)) mean += value / covered;
  let length = 0;
  for (let index = 0; index < POINTS; index += 1) {
    found[index] = Number.isNaN(found[index]) ? 0 : found[index] - mean;
    length += found[index] ** 2;
  }
  length = Math.sqrt(length) || 1;
  return found.map((value) => value / length);
}

function dot(one, other) {
  let sum = 0;
  for (let at = 0; at < one.length; at += 1) sum += one[at] * other[at];
  return sum;
}

function entry({ other, label, name, profile: shape, likeness }, dataset) {
  const canvas = make("canvas", { class: "label-small-plot", width: 160, height: 56, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  const low = Math.min(...shape), high = Math.max(...shape);
  pen.strokeStyle = getComputedStyle(document.body).color;
  pen.beginPath();
  shape.forEach((value, at) => pen.lineTo((at / (shape.length - 1)) * 160, 52 - ((value - low) / (high - low || 1)) * 48));
  pen.stroke();
  return make("li", {}, canvas, make("span", { class: "tag" }, label), make("a", { class: "small clip", href: `/data/${dataset}/spectra/${other}`, target: "_blank", rel: "noopener" }, name),
    make("span", { class: "small muted" }, `likeness ${likeness.toFixed(2)}`));
}
