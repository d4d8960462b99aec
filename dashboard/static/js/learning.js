// Forms of learning sessions: sent as JSON with errors at their fields; the preview of a first batch; forks.
import { make } from "./dom.js";
import { Fields, errorsOf, showFieldErrors } from "./form.js";
import { ask } from "./http.js";

const NUMBER = /^-?\d+(\.\d+)?(e-?\d+)?$/i;

function typed(text) {
  if (text === "true" || text === "false") return text === "true";
  return NUMBER.test(text) ? Number(text) : text;
}

// "trees=200, folds=5" as an object.
function parametersOf(text) {
  const parts = text.split(/[,\n]/).map((part) => part.trim()).filter(Boolean);
  return Object.fromEntries(parts.map((part) => {
    const [name, ...rest] = part.split("=");
    return [name.trim(), typed(rest.join("=").trim())];
  }));
}

function valuesOf(form) {
  const body = {};
  for (const input of form.querySelectorAll("[name]")) {
    if (input.closest("[data-module][hidden]") || input.closest("[data-parameter]")) continue;
    const text = input.value.trim();
    let value;
    if (input.type === "checkbox") value = input.checked;
    else if (input.name === "parameters") value = parametersOf(text);
    else if (input.name === "recipe") value = JSON.parse(text);
    else if (text === "") continue;
    else value = input.type === "number" ? Number(text) : text;
    const [head, tail] = input.name.split(".");
    if (tail) body[head] = { ...body[head], [tail]: value };
    else body[head] = value;
  }
  return body;
}

/** The fields of the parameters of the module that is chosen; null where they are a text. */
function parametersIn(form, all) {
  const shown = form.querySelector("[data-module]:not([hidden])");
  return shown?.querySelector("[data-parameter]") ? all.get(shown) : null;
}

const within = (answer, path) => path.split(".").reduce((found, name) => found?.[name], answer);

// A form with a field called dataset has that field as `form.dataset`: its attributes are read by name.
for (const form of document.querySelectorAll("form[data-session-form]")) {
  const all = new Map([...form.querySelectorAll("[data-module]")].map((one) => [one, new Fields(one, "parameters.")]));
  const modules = form.querySelector("[data-modules]");
  modules?.addEventListener("change", () => { for (const one of all.keys()) one.hidden = one.dataset.module !== modules.value; });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const fields = parametersIn(form, all);
    const set = fields?.read();
    if (set?.faults.length) { showFieldErrors(form, fields.tell(set.faults)); return; }
    const submitter = form.querySelector("[type=submit]");
    submitter.setAttribute("aria-busy", "true");
    try {
      const answer = await ask(form.getAttribute("action"), { method: "POST", body: { ...valuesOf(form), ...(set ? { parameters: set.values } : {}) } });
      location.href = form.getAttribute("data-then").replace(/\{([\w.]+)\}/g, (_, path) => encodeURIComponent(within(answer, path)));
    } catch (problem) {
      showFieldErrors(form, fields ? fields.tell(errorsOf(problem)) : errorsOf(problem));
    } finally {
      submitter.removeAttribute("aria-busy");
    }
  });
}

for (const button of document.querySelectorAll("[data-preview]")) {
  const form = button.closest("form");
  const shown = form.querySelector("[data-preview-of]");
  button.addEventListener("click", async () => {
    const dataset = form.querySelector("[name=dataset]").value;
    const seed = Number(form.querySelector("[name=seed]").value || 0);
    try {
      const answer = await ask(button.dataset.preview, { method: "POST", body: { dataset, seed } });
      const links = answer.spectra.map((one) => make("li", {}, make("a", { href: `/data/${encodeURIComponent(dataset)}/spectra/${one.number}` }, one.name || `spectrum ${one.number}`)));
      shown.replaceChildren(make("p", { class: "small muted" }, answer.note), make("ul", {}, ...links));
    } catch (problem) {
      showFieldErrors(form, errorsOf(problem));
    }
  });
}

// A link "Fork" of a round chooses it in the form.
const select = document.querySelector("[data-fork-select]");
if (select) {
  const form = select.closest("form");
  const choose = () => form.setAttribute("action", `${form.getAttribute("data-fork")}${select.value}/fork`);
  select.addEventListener("change", choose);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-fork-round]");
    if (!link) return;
    select.value = link.dataset.forkRound;
    choose();
  });
}
