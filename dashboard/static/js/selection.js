// Makes a dataset of what is selected in a report: the form, and what it says.
import { button, make } from "./dom.js";
import { errorsOf, showFieldErrors } from "./form.js";
import { ask } from "./http.js";
import { plural } from "./humanise.js";
import { toast } from "./notices.js";

/** Whether this page's job has a dataset to select from, and the person may make another one. */
export const selects = () => document.querySelector("[data-selects]") !== null;

let forms = 0;

/** A button that makes a queue of `chosen()` and opens the label page; null where the page cannot. */
export function labelButton(address, chosen, text = "Label these") {
  return button(text, async (event) => {
    const pressed = event.currentTarget;
    pressed.setAttribute("aria-busy", "true");
    try {
      location.href = (await ask(address, { method: "POST", body: chosen() })).url;
    } catch (problem) {
      toast(problem.message, "error");
    } finally {
      pressed.removeAttribute("aria-busy");
    }
  });
}

/** A form that names a dataset of `chosen()`: {rows}, {view, marks} or {view, polygon}; null where the page has none. */
export function selectionForm(job, chosen, labelled = chosen) {
  if (!selects()) return null;
  const id = `selection-${(forms += 1)}`;
  const name = make("input", { class: "input", id, name: "name", required: true, maxlength: 200, autocomplete: "off" });
  const told = make("p", { class: "small", role: "status" });
  const go = make("button", { class: "button" }, "Make a dataset");
  const form = make("form", { class: "stack-tight selection" }, make("div", { class: "note note-error", "data-errors": true, role: "alert", tabindex: -1, hidden: true }),
    make("div", { class: "field", "data-field": "name" }, make("label", { for: id }, "Name of a dataset of these spectra"), make("div", { class: "row" }, name, go, labelled ? labelButton(`/jobs/${job}/label-queues`, labelled) : null), make("p", { class: "field-error" })), told);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.disabled) return;
    go.disabled = true;
    told.replaceChildren();
    try {
      const { dataset, left_out: left } = await ask(`/jobs/${job}/selections`, { method: "POST", body: { name: name.value, ...chosen() } });
      showFieldErrors(form, []);
      told.replaceChildren("Made ", make("a", { href: `/data/${dataset.id}` }, dataset.name), dataset.count ? ` of ${plural(dataset.count, "spectrum", "spectra")}.` : ".",
        left ? ` ${plural(left, "selected spectrum is", "selected spectra are")} no longer in the dataset, and left out.` : "");
    } catch (problem) {
      showFieldErrors(form, errorsOf(problem));
    } finally {
      go.disabled = false;
    }
  });
  return form;
}
