// Several values of parameters in the training form: a run for each combination, compared side by side.
import { button, make } from "./dom.js";
import { listed } from "./form.js";
import { ask } from "./http.js";
import { count, plural } from "./humanise.js";

const NUMBERS = /^(-?[\d.]+(?:e-?\d+)?)\s*\.\.\s*(-?[\d.]+(?:e-?\d+)?)\s*\/\s*(\d+)$/i; // 0.1..0.5/5

/** The values of a text: separated by commas, or FROM..TO/COUNT. */
export function valuesOf(text) {
  const range = NUMBERS.exec(text.trim());
  if (range) {
    const [from, to, steps] = range.slice(1).map(Number);
    return Array.from({ length: steps }, (_, at) => Number((from + ((to - from) * at) / Math.max(1, steps - 1)).toPrecision(12)));
  }
  return listed(text).map((part) => {
    try { return JSON.parse(part); } catch { return part; }
  });
}

export function prepareSweep(place, described, bodyOf) {
  const part = (name) => place.querySelector(`[data-sweep-${name}]`);
  const rows = part("rows");

  function values() {
    return Object.fromEntries([...rows.children].map((row) => [row.querySelector("select").value, valuesOf(row.querySelector("input").value)]).filter(([name, tried]) => name && tried.length));
  }

  function tell() {
    const all = Object.values(values()).reduce((product, tried) => product * tried.length, rows.children.length ? 1 : 0);
    const most = Number(part("most").value) || 20;
    part("start").disabled = !Object.keys(values()).length;
    part("start").textContent = all ? `Train ${plural(Math.min(all, most), "run")}` : "Train all";
    part("count").textContent = all > most ? `drawn at random from ${count(all)} combinations` : "";
  }

  function add() {
    const choice = make("select", { class: "input", "aria-label": "Parameter" }, ...described.map((one) => make("option", { value: one.name }, one.title ?? one.name)));
    const used = new Set(Object.keys(values()));
    choice.value = (described.find((one) => !used.has(one.name)) ?? described[0]).name;
    const input = make("input", { class: "input grow", "aria-label": "Values", autocomplete: "off", spellcheck: "false", placeholder: "100, 300, 1000 or 0.1..0.5/5" });
    const row = make("div", { class: "row" }, choice, input, button("", () => { row.remove(); tell(); }, { iconName: "cross", kind: "plain", "aria-label": "Leave this parameter out" }));
    const suggest = () => { const one = described.find(({ name }) => name === choice.value); input.value = one?.choices?.join(", ") ?? ""; };
    choice.addEventListener("change", () => { suggest(); tell(); });
    suggest();
    rows.append(row);
    tell();
    input.focus();
  }

  async function start() {
    part("error").textContent = "";
    part("start").setAttribute("aria-busy", "true");
    try {
      const made = await ask("/sweeps", { method: "POST", body: { ...bodyOf(), values: values(), sample: Number(part("most").value) || 20 } });
      location.href = made.compare;
    } catch (problem) {
      part("error").textContent = problem.errors?.length ? problem.errors.map(({ field, message }) => `${field}: ${message}`).join(" ") : problem.message;
    } finally {
      part("start").removeAttribute("aria-busy");
    }
  }

  // What is typed here is no field of the form.
  for (const name of ["input", "change"]) place.addEventListener(name, (event) => { event.stopPropagation(); tell(); });
  part("add").addEventListener("click", add);
  part("start").addEventListener("click", start);
  place.addEventListener("toggle", () => { if (place.open && !rows.children.length) add(); });
}
