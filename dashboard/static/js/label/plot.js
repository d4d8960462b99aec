// A plot of one spectrum on a canvas: Plotly takes a tenth of a second for what must be there within a twentieth.
import { LINES } from "../lines.js";

const LEFT = 58, RIGHT = 10, TOP = 18, BOTTOM = 36; // px around the axes
export const SMOOTHINGS = [0, 2, 5]; // pixels: standard deviation of the Gaussian

export class LabelPlot extends EventTarget {
  constructor(canvas) {
    super();
    this.canvas = canvas;
    this.lines = true;
    this.errors = true;
    this.smoothing = 0;
    this.window = null; // [low, high] in Å that is kept from one spectrum to the next
    this.whole = false;
    this.data = null;
    this.text = "";
    new ResizeObserver(() => this.draw()).observe(canvas);
    addEventListener("themechange", () => { this.colours = null; this.draw(); });
    this.prepareDrag();
  }

  show(data, text = "") {
    this.data = data;
    this.text = text;
    this.draw();
  }

  get curve() {
    if (!this.data) return null;
    return !this.whole && this.data.detail ? this.data.detail : this.data.curve;
  }

  /** The wavelengths that are drawn. */
  range() {
    const x = this.data.curve.x;
    const all = [x[0], x.at(-1)];
    if (this.whole || !this.window) return all;
    const inside = this.window[0] < all[1] && this.window[1] > all[0];
    return inside ? this.window : all;
  }

  draw() {
    const { canvas } = this;
    const ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width || !height) return;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    this.colours ??= coloursOf(canvas);
    pen.font = `12px ${this.colours.font}`;
    if (!this.data?.curve?.x.length) {
      pen.fillStyle = this.colours.muted;
      pen.textAlign = "center";
      pen.fillText(this.text, width / 2, height / 2, width - 20);
      return;
    }
    const curve = this.curve;
    const [low, high] = this.range();
    const [first, last] = indicesOf(curve.x, low, high);
    const y = smoothed(curve.flux, this.smoothing);
    const [bottom, top] = extentOf(y, first, last);
    const box = { left: LEFT, right: width - RIGHT, top: TOP, bottom: height - BOTTOM };
    const px = (value) => box.left + ((value - low) / (high - low)) * (box.right - box.left);
    const py = (value) => box.bottom - ((value - bottom) / (top - bottom)) * (box.bottom - box.top);
    this.scale = { low, high, box };
    this.drawAxes(pen, box, { low, high, bottom, top, px, py, axis: curve.axis });
    pen.save();
    pen.beginPath();
    pen.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    pen.clip();
    if (this.errors && curve.error) this.drawErrors(pen, curve, first, last, px, py);
    if (this.lines && curve.axis === "wavelength") this.drawLines(pen, box, low, high, px);
    pen.strokeStyle = this.colours.line;
    pen.lineWidth = 1.4;
    pen.beginPath();
    let drawing = false;
    for (let at = first; at <= last; at += 1) {
      if (y[at] === null || Number.isNaN(y[at])) { drawing = false; continue; }
      if (drawing) pen.lineTo(px(curve.x[at]), py(y[at]));
      else pen.moveTo(px(curve.x[at]), py(y[at]));
      drawing = true;
    }
    pen.stroke();
    pen.restore();
    this.drawBand(pen, box);
  }

  drawErrors(pen, curve, first, last, px, py) {
    pen.fillStyle = this.colours.band;
    pen.beginPath();
    for (let at = first; at <= last; at += 1) pen.lineTo(px(curve.x[at]), py((curve.flux[at] ?? 0) + (curve.error[at] ?? 0)));
    for (let at = last; at >= first; at -= 1) pen.lineTo(px(curve.x[at]), py((curve.flux[at] ?? 0) - (curve.error[at] ?? 0)));
    pen.fill();
  }

  drawLines(pen, box, low, high, px) {
    pen.textAlign = "left";
    for (const { name, at } of LINES) {
      for (const [index, wavelength] of at.filter((one) => one >= low && one <= high).entries()) {
        pen.strokeStyle = this.colours.grid;
        pen.setLineDash([3, 3]);
        pen.beginPath();
        pen.moveTo(px(wavelength), box.top);
        pen.lineTo(px(wavelength), box.bottom);
        pen.stroke();
        pen.setLineDash([]);
        pen.fillStyle = this.colours.muted;
        if (index === 0) pen.fillText(name, px(wavelength) + 3, box.top + 12);
      }
    }
  }

  drawAxes(pen, box, { low, high, bottom, top, px, py, axis }) {
    pen.fillStyle = this.colours.muted;
    pen.strokeStyle = this.colours.frame;
    pen.lineWidth = 1;
    pen.strokeRect(box.left + 0.5, box.top + 0.5, box.right - box.left - 1, box.bottom - box.top - 1);
    pen.textAlign = "center";
    for (const value of ticks(low, high, Math.max(2, Math.floor((box.right - box.left) / 90)))) {
      pen.fillText(told(value), px(value), box.bottom + 15);
      line(pen, px(value), box.bottom, px(value), box.bottom - 4);
    }
    pen.fillText(axis === "wavelength" ? "Wavelength (Å, vacuum)" : "Column of the features", (box.left + box.right) / 2, box.bottom + 31);
    pen.textAlign = "right";
    for (const value of ticks(bottom, top, Math.max(2, Math.floor((box.bottom - box.top) / 50)))) {
      pen.fillText(told(value), box.left - 6, py(value) + 4);
      line(pen, box.left, py(value), box.left + 4, py(value));
    }
  }

  drawBand(pen, box) {
    if (!this.drag || Math.abs(this.drag.to - this.drag.from) < 3) return;
    pen.fillStyle = this.colours.band;
    pen.fillRect(Math.min(this.drag.from, this.drag.to), box.top, Math.abs(this.drag.to - this.drag.from), box.bottom - box.top);
  }

  /** Zooms about the middle of what is drawn: `by` > 1 shows less. */
  zoom(by) {
    if (!this.data?.curve?.x.length) return;
    const [low, high] = this.range();
    const middle = (low + high) / 2, half = (high - low) / 2 / by;
    this.setWindow([middle - half, middle + half]);
  }

  setWindow(window) {
    this.window = window;
    this.whole = false;
    this.draw();
    this.dispatchEvent(new Event("window"));
  }

  toggleWhole() {
    this.whole = !this.whole;
    this.draw();
  }

  prepareDrag() {
    const at = (event) => event.clientX - this.canvas.getBoundingClientRect().left;
    this.canvas.addEventListener("pointerdown", (event) => {
      if (!this.scale || event.pointerType === "touch") return;
      this.drag = { from: at(event), to: at(event) };
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => { if (this.drag) { this.drag.to = at(event); this.draw(); } });
    this.canvas.addEventListener("pointerup", () => {
      const { drag, scale } = this;
      this.drag = null;
      if (drag && Math.abs(drag.to - drag.from) > 6) {
        const value = (x) => scale.low + ((x - scale.box.left) / (scale.box.right - scale.box.left)) * (scale.high - scale.low);
        this.setWindow([value(Math.min(drag.from, drag.to)), value(Math.max(drag.from, drag.to))]);
      } else this.draw();
    });
    this.canvas.addEventListener("dblclick", () => this.toggleWhole());
  }
}

function coloursOf(canvas) {
  const style = getComputedStyle(canvas);
  const probe = document.createElement("span");
  canvas.parentElement.append(probe);
  const colour = (name) => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
  const found = { line: colour("--series-1"), muted: colour("--muted"), grid: colour("--line-strong"), frame: colour("--line"), band: colour("--accent-tint"), font: style.fontFamily };
  probe.remove();
  return found;
}

function line(pen, x0, y0, x1, y1) {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}

/** First and last index within wavelengths, with one more on each side so that the line reaches the frame. */
function indicesOf(x, low, high) {
  let first = 0, last = x.length - 1;
  while (first < last && x[first + 1] < low) first += 1;
  while (last > first && x[last - 1] > high) last -= 1;
  return [first, last];
}

function extentOf(y, first, last) {
  let low = Infinity, high = -Infinity;
  for (let at = first; at <= last; at += 1) {
    const value = y[at];
    if (value === null || Number.isNaN(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [0, 1];
  const margin = (high - low) * 0.06 || Math.abs(high) * 0.1 || 1;
  return [low - margin, high + margin];
}

/** A Gaussian of so many points; gaps stay gaps. */
export function smoothed(flux, width) {
  if (!width) return flux;
  const reach = Math.ceil(3 * width);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, at) => Math.exp(-((at - reach) ** 2) / (2 * width * width)));
  return flux.map((value, at) => {
    if (value === null) return null;
    let sum = 0, weight = 0;
    for (let offset = -reach; offset <= reach; offset += 1) {
      const other = flux[at + offset];
      if (other === undefined || other === null) continue;
      sum += other * kernel[offset + reach];
      weight += kernel[offset + reach];
    }
    return sum / weight;
  });
}

function ticks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= raw);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(value);
  return found;
}

const told = (value) => (Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(1) : String(Number(value.toPrecision(6))));
