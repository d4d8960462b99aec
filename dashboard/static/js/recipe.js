// The recipe editor: a list of steps with parameters; add, move, remove, reset to defaults.
import { Fields } from "./form.js";
import { make } from "./dom.js";

export class Recipe {
  constructor(root, { standard, presets = [], onchange }) {
    this.root = root;
    this.list = root.querySelector("[data-steps]");
    this.standard = standard;
    this.changed = () => { this.root.dispatchEvent(new Event("rearranged", { bubbles: true })); onchange(); };
    this.steps = [];
    const choice = root.querySelector("[data-add-step]");
    choice.addEventListener("change", () => { if (choice.value) { this.insert({ step: choice.value }); this.changed(); } choice.value = ""; });
    const preset = root.querySelector("[data-preset]");
    preset.addEventListener("change", () => { const chosen = presets.find((one) => one.name === preset.value); if (chosen) this.apply(chosen); preset.value = ""; });
    root.querySelector("[data-standard]").addEventListener("click", () => { this.set(this.standard); this.changed(); });
  }

  set(recipe) {
    this.list.replaceChildren();
    this.steps = [];
    for (const step of recipe?.steps ?? []) this.add(step);
    this.renumber();
  }

  add(values, focus = false) {
    const template = this.root.querySelector(`template[data-step="${CSS.escape(values.step)}"]`);
    if (!template) { // a step that the module's image does not describe is kept unchanged
      this.steps.push({ name: values.step, item: null, fixed: values });
      this.list.append(this.steps.at(-1).item = make("li", { class: "step" }, make("code", {}, JSON.stringify(values))));
      return;
    }
    const item = template.content.cloneNode(true).firstElementChild;
    const suffix = `-s${(this.made = (this.made ?? 0) + 1)}`; // ids must be unique if a step occurs twice
    for (const element of item.querySelectorAll("[id]")) element.id += suffix;
    for (const name of ["for", "aria-describedby"]) {
      for (const element of item.querySelectorAll(`[${name}]`)) element.setAttribute(name, element.getAttribute(name).split(" ").map((id) => id + suffix).join(" "));
    }
    this.list.append(item);
    const step = { name: values.step, item, fields: new Fields(item, "", { whole: true }) };
    step.set = (given) => {
      for (const field of step.fields.fields) { field.set(field.name in given ? given[field.name] : field.parameter.default); field.check(); }
      step.fields.summarise();
    };
    step.set(values);
    this.steps.push(step);
    item.addEventListener("click", (event) => this.act(step, event.target.closest("[data-step-action]")?.dataset.stepAction));
    this.renumber();
    if (focus) { item.querySelector("details")?.setAttribute("open", ""); item.querySelector("summary")?.focus(); }
  }

  /** Adds a step where it makes sense: the choice lists the steps in their usual order. */
  insert(values, focus = true) {
    const order = [...this.root.querySelector("[data-add-step]").options].map((option) => option.value);
    const rank = (name) => { const at = order.indexOf(name); return at < 0 ? Infinity : at; };
    const before = this.steps.findIndex((one) => rank(one.name) > rank(values.step));
    this.add(values, focus);
    if (before >= 0 && before < this.steps.length - 1) {
      const [step] = this.steps.splice(-1, 1);
      this.list.insertBefore(step.item, this.list.children[before]);
      this.steps.splice(before, 0, step);
      this.renumber();
      if (focus) step.item.querySelector("summary")?.focus();
    }
  }

  /** Sets the steps of a preset: those that are here get its values, others are added at their usual place. */
  apply({ title, help, steps, without }) {
    for (const step of this.steps.filter((one) => without.includes(one.name))) this.remove(step);
    for (const values of steps) {
      const here = this.steps.find((one) => one.name === values.step && one.fields);
      if (here) here.set(values); else this.insert(values, false);
    }
    this.renumber();
    this.root.querySelector("#preset-help").textContent = `${title}: ${help}`;
    this.changed();
  }

  remove(step) {
    this.steps.splice(this.steps.indexOf(step), 1);
    step.item.remove();
  }

  act(step, action) {
    const at = this.steps.indexOf(step);
    if (action === "remove") this.remove(step);
    else if (action === "up" && at > 0) { this.steps.splice(at - 1, 0, ...this.steps.splice(at, 1)); this.list.insertBefore(step.item, this.list.children[at - 1]); }
    else if (action === "down" && at < this.steps.length - 1) { this.steps.splice(at + 1, 0, ...this.steps.splice(at, 1)); this.list.insertBefore(step.item, this.list.children[at + 1].nextSibling); }
    else return;
    this.renumber();
    this.changed();
  }

  renumber() {
    this.steps.forEach((step, at) => { if (step.fields) step.fields.within = `recipe.${at}.`; });
    this.root.querySelector("[data-no-steps]").hidden = this.steps.length > 0;
  }

  read() {
    const faults = [];
    const steps = this.steps.map((step) => {
      if (step.fixed) return step.fixed;
      const { all, faults: found } = step.fields.read();
      faults.push(...found);
      return { step: step.name, ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null)) };
    });
    return { recipe: { schema: 1, steps }, faults };
  }

  tell(errors) {
    return this.steps.reduce((left, step) => step.fields?.tell(left) ?? left, errors);
  }
}

