// Forms generated from parameter descriptions (contracts.md, section 5): values, validation, reset; input survives a reload.
import { debounce, make } from "./dom.js";

/** The parts of a text that commas separate. */
export const listed = (text) => text.split(",").map((part) => part.trim()).filter(Boolean);

const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

function parse(parameter, input) {
  if (parameter.type === "boolean" && input.type === "checkbox") return input.checked;
  const text = input.value.trim();
  if (text === "") {
    if (parameter.type === "string" && !parameter.nullable && !parameter.required) return "";
    return null;
  }
  if (parameter.choices) return parameter.choices.find((choice) => String(choice) === text) ?? text;
  return PARSERS[parameter.type]?.(text, parameter) ?? text;
}

const asNumber = (text) => {
  const value = Number(text);
  if (Number.isNaN(value)) throw new Error("Enter a number.");
  return value;
};

const PARSERS = {
  integer: (text) => {
    const value = asNumber(text);
    if (!Number.isInteger(value)) throw new Error("Enter an integer.");
    return value;
  },
  number: asNumber,
  boolean: (text) => text === "true",
  array: (text, parameter) => {
    const items = parameter.items?.type ?? parameter.items;
    const parts = text.startsWith("[") ? json(text) : listed(text);
    return items === "number" || items === "integer" ? parts.map((part) => asNumber(part)) : parts;
  },
  object: (text) => json(text),
};

function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("Invalid JSON.");
  }
}

function fault(parameter, value) {
  if (value === null) return parameter.required && !parameter.nullable ? "Required." : "";
  if (typeof value !== "number") return "";
  const unit = parameter.unit ? ` ${parameter.unit}` : "";
  if (parameter.minimum !== undefined && parameter.minimum !== null && value < parameter.minimum) return `At least ${parameter.minimum}${unit}.`;
  if (parameter.maximum !== undefined && parameter.maximum !== null && value > parameter.maximum) return `At most ${parameter.maximum}${unit}.`;
  if (typeof parameter.exclusive_minimum === "number" && value <= parameter.exclusive_minimum) return `More than ${parameter.exclusive_minimum}${unit}.`;
  if (typeof parameter.exclusive_maximum === "number" && value >= parameter.exclusive_maximum) return `Less than ${parameter.exclusive_maximum}${unit}.`;
  return "";
}

const shown = (value) => (value === null || value === undefined ? "" : Array.isArray(value) ? value.join(", ") : typeof value === "object" ? JSON.stringify(value) : String(value));

export class Field {
  constructor(box) {
    this.box = box;
    this.parameter = JSON.parse(box.dataset.parameter);
    this.name = this.parameter.name;
    this.input = box.querySelector("input, select, textarea");
    this.error = box.querySelector(".field-error");
    this.reset = box.querySelector("[data-reset]");
    this.reset?.addEventListener("click", () => { this.set(this.parameter.default); this.input.dispatchEvent(new Event("input", { bubbles: true })); this.input.focus(); });
    this.check(false);
  }

  get() { return parse(this.parameter, this.input); }

  set(value) {
    if (this.input.type === "checkbox") this.input.checked = Boolean(value);
    else this.input.value = shown(value);
  }

  check(show = true) {
    if (show) this.told = false;
    let message = "";
    let value = null;
    try {
      value = this.get();
      message = fault(this.parameter, value);
    } catch (error) {
      message = error.message;
    }
    if (show) this.tell(message);
    if (this.reset) this.reset.hidden = !message && same(value, this.parameter.default);
    return { value, message };
  }

  tell(message) {
    this.error.textContent = message;
    if (message) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
    if (message) this.box.closest("details")?.setAttribute("open", "");
  }

  /** "From 6519 Å"; nothing where it has no value. */
  get brief() {
    const text = this.input.type === "checkbox" ? (this.input.checked ? "yes" : "no") : this.input.value.trim();
    const title = this.parameter.title || this.name.replaceAll("_", " ");
    return text === "" ? "" : `${title} ${text}${this.parameter.unit ? ` ${this.parameter.unit}` : ""}`;
  }

  get changed() {
    try { return !same(this.get(), this.parameter.default); } catch { return true; }
  }
}

/** The fields below `root`; nested groups (recipe steps) have their own instance. */
export class Fields {
  constructor(root, within = "", { whole = false } = {}) {
    const nested = (box) => box.closest("[data-fields]") !== root && root.contains(box.closest("[data-fields]"));
    this.fields = [...root.querySelectorAll("[data-parameter]")].filter((box) => !nested(box)).map((box) => new Field(box));
    this.within = within;
    this.whole = whole;
    root.addEventListener("input", (event) => { this.fields.find((field) => field.box.contains(event.target))?.check(); this.summarise(); });
    this.summarise();
  }

  /** Says in the head of each section that can be closed what stands in it: every value, or those that were changed. */
  summarise() {
    const sections = Map.groupBy(this.fields.filter((field) => field.box.closest("details")), (field) => field.box.closest("details"));
    for (const [section, fields] of sections) {
      const head = section.querySelector("summary");
      const place = head.querySelector("[data-summary]") ?? head.appendChild(make("span", { class: "muted small", "data-summary": true }));
      place.textContent = fields.filter((field) => this.whole || field.changed).map((field) => field.brief).filter(Boolean).join(", ");
    }
  }

  /** Returns {values: those that differ from the default, all: every value, faults: [{field, message}]}. */
  read() {
    const [values, all, faults] = [{}, {}, []];
    for (const field of this.fields) {
      const { value, message } = field.check(false); // reading takes no message away that the server gave
      if (message) faults.push({ field: `${this.within}${field.name}`, message });
      all[field.name] = value;
      if (field.changed) values[field.name] = value;
    }
    return { values, all, faults };
  }

  /** Shows errors at their fields, takes away those told before, and returns the errors of no field here. */
  tell(errors) {
    const left = [];
    for (const field of this.fields.filter((one) => one.told)) field.check();
    for (const error of errors) {
      const field = error.field.startsWith(this.within) && this.fields.find((one) => `${this.within}${one.name}` === error.field);
      if (field) { field.tell(error.message); field.told = true; }
      else left.push(error);
    }
    return left;
  }
}

/** Keeps the state of a form across reloads of this tab; `state()` returns it. */
export function keep(form, key, state) {
  const save = debounce(() => sessionStorage.setItem(key, JSON.stringify(state())), 150);
  form.addEventListener("input", save);
  form.addEventListener("change", save);
  form.addEventListener("rearranged", save);
  return () => { const text = sessionStorage.getItem(key); return text ? JSON.parse(text) : null; };
}

/** Returns what the form calls a field of the API: "CPUs" for resources.cpus; the name itself if no input has it. */
function titleOf(place, name) {
  const last = name.split(".").at(-1);
  const names = [name, `r-${last}`, `p-${last}`, last];
  const input = names.map((each) => place.closest("form")?.querySelector(`[name="${CSS.escape(each)}"]`)).find(Boolean);
  return input?.labels?.[0]?.textContent.trim();
}

export function showErrors(place, errors) {
  place.hidden = errors.length === 0;
  const called = (field) => titleOf(place, field) ?? make("code", {}, field);
  place.replaceChildren(...(errors.length ? [make("ul", {}, ...errors.map(({ field, message }) => make("li", {}, field ? called(field) : "", field ? ": " : "", message)))] : []));
}

// Shows errors at the fields of a form (data-field), and those of no field of it in its list (data-errors); focuses the first.
export function showFieldErrors(form, found) {
  const boxes = [...form.querySelectorAll("[data-field]")];
  const named = (error) => error.field.split(".")[0];
  for (const box of boxes) {
    const error = found.find((one) => named(one) === box.dataset.field);
    box.querySelector(".field-error").textContent = error?.message ?? "";
    const input = box.querySelector("input, select, textarea");
    if (error) input?.setAttribute("aria-invalid", "true"); else input?.removeAttribute("aria-invalid");
  }
  const list = form.querySelector("[data-errors]");
  showErrors(list, found.filter((one) => !boxes.some((box) => box.dataset.field === named(one))));
  if (found.length) (form.querySelector("[aria-invalid]") ?? list).focus();
}

// The errors of a problem by field; of one without, its message.
export const errorsOf = (problem) => (problem.errors?.length ? problem.errors : [{ field: "", message: problem.message }]);
