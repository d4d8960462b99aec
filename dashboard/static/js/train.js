// The training form: parameters, recipe with preview on real rows, nodes, and the equivalent command and API request.
import { prepareScript } from "./batch_script.js";
import { button, debounce, make } from "./dom.js";
import { Fields, keep, showErrors } from "./form.js";
import { ask, dataOf } from "./http.js";
import { count, plural } from "./humanise.js";
import { toast } from "./notices.js";
import { Recipe } from "./recipe.js";
import { SpectraPlot, curveOf } from "./spectra.js";
import { prepareSweep } from "./sweep.js";

const page = dataOf("train");
const thirdParty = page.description.kind === "deepaas"; // its data need not be spectra, and there may be none
const needsData = !thirdParty && !page.description.makes_spectra;
const form = document.getElementById("train-form");
const element = (name) => form.elements.namedItem(name);
const parameters = new Fields(form.querySelector("[data-fields=parameters]"), "parameters.");
const resources = new Fields(form.querySelector("[data-fields=resources]"), "resources.");
const errors = form.querySelector("[data-errors]");
const preview = document.getElementById("preview");
const plot = new SpectraPlot(preview, { name: "preview" });
const standard = page.description.default_recipe ?? { schema: 1, steps: [] };
const look = debounce(() => { check(); tryRecipe(); }, 350);
const recipe = new Recipe(form.querySelector("[data-recipe]"), { standard, presets: page.presets, onchange: look });
const CLASSES_SHOWN = 40; // numbers as labels may be thousands
const excluded = new Set(page.job_request.excluded ?? []); // classes that are left out; "": spectra without one
let asked = 0;

function intent() {
  const [set, needs, made] = [parameters.read(), resources.read(), recipe.read()];
  const features = thirdParty || page.datasets.find((one) => one.id === element("dataset").value)?.kind === "features";
  const body = { module: page.module.name, dataset: element("dataset").value, parameters: set.values, node: element("node").value,
    label: element("label").value.trim(), note: element("note").value.trim(), notify: element("notify").value };
  if (element("retry").value.trim() || page.job_request.retry) body.retry = element("retry").value.trim();
  if (!features) body.recipe = made.recipe;
  body.excluded = [...excluded];
  if (element("project")?.value) body.project = element("project").value;
  if (element("start")?.value) body.start = element("start").value;
  if (element("label_version")?.value) body.label_version = element("label_version").value;
  const complete = Object.fromEntries(Object.entries(needs.all).filter(([, value]) => value !== null));
  if (Object.keys(complete).length) body.resources = complete;
  return { body, features, faults: [...set.faults, ...needs.faults, ...(features ? [] : made.faults)] };
}

function tell(found) {
  const own = ["excluded", "start", "label_version"].filter((name) => form.querySelector(`[data-error=${name}]`));
  for (const name of own) form.querySelector(`[data-error=${name}]`).textContent = found.filter(({ field }) => field === name).map(({ message }) => message).join(" ");
  return recipe.tell(resources.tell(parameters.tell(found.filter(({ field }) => !own.includes(field)))));
}

async function check() {
  const { body, features, faults } = intent();
  form.querySelector("[data-recipe]").hidden = features;
  commands(body);
  script?.();
  if ((!body.dataset && needsData) || faults.length) return;
  const mine = (asked += 1);
  try {
    const answer = await ask(`/modules/${encodeURIComponent(page.module.name)}/check`, { method: "POST", body });
    if (mine !== asked) return;
    const quotas = answer.quotas ?? [];
    const over = quotas.filter(({ exceeded }) => exceeded).map(({ message }) => ({ field: "", message }));
    showErrors(errors, [...tell(answer.errors ?? []), ...over]);
    showQuotas(quotas);
    form.querySelector("[data-notes]")?.replaceChildren(...(answer.notes ?? []).map((note) => make("p", { class: "field-help" }, note)));
    showClasses(withUnlabelled(answer.classes ?? {}));
    showNodes(answer.nodes ?? {});
  } catch (problem) {
    if (mine === asked) showErrors(errors, tell(problem.errors.length ? problem.errors : [{ field: "", message: problem.message }]));
  }
}

/** What a run would need of the hours that are left, beside the fields that say how much it asks for. */
function showQuotas(quotas) {
  const hours = quotas.filter(({ quota, needed }) => quota.endsWith("_hours") && needed > 0);
  form.querySelector("[data-quotas]").replaceChildren(...hours.map(({ message, exceeded }) => make("p", { class: exceeded ? "field-error" : "field-help" }, message)));
}

function showClasses(classes) {
  const place = document.getElementById("classes");
  const pairs = Object.entries(classes).sort(([, a], [, b]) => b - a);
  const most = Math.max(1, ...pairs.map(([, n]) => n));
  const held = place.contains(document.activeElement) ? document.activeElement.value : null;
  const more = pairs.length - CLASSES_SHOWN;
  place.replaceChildren(...(pairs.length ? pairs.slice(0, CLASSES_SHOWN).map(([name, n]) => make("li", {}, choiceOf(name), make("span", { class: "number" }, count(n)),
    make("meter", { min: 0, max: most, value: n, "aria-label": `Spectra of class ${name || "none"}` }))) : [make("li", { class: "muted" }, "These spectra have no labels.")]),
    ...(more > 0 ? [make("li", { class: "muted" }, `and ${plural(more, "more class", "more classes")}`)] : []));
  if (held !== null) [...place.querySelectorAll("input")].find((input) => input.value === held)?.focus();
}

/** A class that can be left out of the training; a feature set is used whole. */
function choiceOf(name) {
  if (intent().features) return make("span", {}, name || "no class");
  const box = make("input", { type: "checkbox", value: name, checked: !excluded.has(name) });
  box.addEventListener("change", () => { if (box.checked) excluded.delete(name); else excluded.add(name); });
  return make("label", { class: "check" }, box, name || "no class");
}

/** Adds how many spectra have no class, where some have one. */
function withUnlabelled(classes) {
  const labelled = Object.values(classes).reduce((sum, n) => sum + n, 0);
  const all = page.datasets.find((one) => one.id === element("dataset").value)?.count ?? labelled;
  return labelled && all > labelled ? { ...classes, "": (classes[""] ?? 0) + all - labelled } : classes;
}

function showNodes(nodes) {
  for (const [name, reasons] of Object.entries(nodes)) {
    const place = form.querySelector(`[data-node="${CSS.escape(name)}"]`);
    if (place) place.textContent = reasons.length ? reasons.join(" ") : "";
  }
}

const tryRecipe = debounce(async () => {
  const { body, features } = intent();
  const { faults } = recipe.read(); // the preview needs no other part of the form
  const status = preview.querySelector("[data-status]");
  if (!body.dataset || faults.length || features) {
    status.textContent = features ? "This is a feature set: its spectra are already preprocessed." : body.dataset ? "Correct the recipe to preview it." : "Choose a dataset to preview the recipe.";
    return;
  }
  const mine = (tryRecipe.asked = (tryRecipe.asked ?? 0) + 1);
  status.textContent = "Preprocessing a few spectra…";
  try {
    const answer = await ask("/preview", { method: "POST", body: { dataset: body.dataset, recipe: body.recipe } });
    if (mine !== tryRecipe.asked) return;
    showPreview(answer, status);
  } catch (problem) {
    if (mine !== tryRecipe.asked) return;
    status.textContent = tell(problem.errors).map((error) => error.message).join(" ") || problem.message;
  }
}, 150);

function showPreview(answer, status) {
  const rejected = answer.spectra.filter((one) => one.rejected);
  const current = Number(preview.dataset.shown ?? 0);
  const choice = preview.querySelector("[data-which]");
  choice.replaceChildren(...answer.spectra.map((one, at) => make("option", { value: at, selected: at === current }, `${one.name}${one.label ? ` (${one.label})` : ""}${one.rejected ? ": rejected" : ""}`)),
    make("option", { value: -1, selected: current === -1 }, "all, preprocessed"));
  const draw = (at) => {
    preview.dataset.shown = at;
    const one = answer.spectra[at];
    const curves = one ? [one.prepared && curveOf(one.prepared, "preprocessed"), one.original && { ...curveOf(one.original, "original"), second: Boolean(one.prepared) }]
      : answer.spectra.map((each) => each.prepared && curveOf(each.prepared, each.name, each.label));
    const shown = curves.filter(Boolean);
    if (shown.length) plot.show(shown);
  };
  choice.onchange = () => draw(Number(choice.value));
  choice.hidden = false;
  draw(current < answer.spectra.length ? current : 0);
  const reasons = [...new Set(rejected.map((one) => one.rejected))];
  status.textContent = rejected.length ? `${rejected.length} of ${plural(answer.spectra.length, "spectrum", "spectra")} would be rejected: ${reasons.slice(0, 3).join("; ")}` : `${plural(answer.spectra.length, "spectrum", "spectra")} of the dataset, all usable.`;
}

const quoted = (text) => (/^[\w.@:=,\/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function commands(body) {
  const set = Object.entries(body.parameters).map(([name, value]) => ` -p ${quoted(`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)}`).join("");
  const custom = body.recipe && JSON.stringify(body.recipe) !== asStandard;
  const option = (name, value) => (value === undefined || value === null || value === "" ? "" : ` --${name} ${quoted(String(value))}`);
  const needs = Object.entries(resources.read().values).map(([name, value]) => (name === "labels" ? (value ?? []).map((each) => option("need", each)).join("") : option(name.replaceAll("_", "-"), value))).join("");
  const retries = (body.retry ?? "").split(",").map((each) => option("retry", each.trim())).join("");
  const notify = { yes: " --notify", no: " --no-notify" }[body.notify] ?? "";
  const without = (body.excluded ?? []).map((each) => ` --exclude ${quoted(each)}`).join("");
  const more = `${without}${option("start", body.start)}${option("label-version", body.label_version)}${option("node", body.node === "any" ? "" : body.node)}${needs}${option("label", body.label)}${option("note", body.note)}${notify}${retries}`;
  const recipeText = custom ? ` --recipe - <<'JSON'\n${JSON.stringify(body.recipe)}\nJSON` : "";
  fill("as-command", `huggins train ${body.module}${body.dataset ? ` ${body.dataset}` : needsData ? " DATASET" : ""}${set}${more}${recipeText}`);
  fill("as-call", `curl -X POST ${location.origin}/jobs \\\n  -H "Authorization: Bearer $HUGGINS_TOKEN" -H "Content-Type: application/json" \\\n  -d ${quoted(JSON.stringify(body))}`);
}

const scriptPlace = form.querySelector("[data-script]");
const script = scriptPlace && prepareScript(scriptPlace, page.module.name, () => intent().body, fill);

const sweep = form.querySelector("[data-sweep]");
if (sweep) prepareSweep(sweep, page.description.train, () => intent().body);

function fill(id, text) {
  const place = document.getElementById(id);
  place.querySelector("code").textContent = text;
  place.querySelector("[data-copy]").dataset.copy = text;
}

/** A start model brings its recipe: what was learned before was learned from spectra that were prepared so. */
element("start")?.addEventListener("change", () => {
  const chosen = page.starts.find((one) => one.id === element("start").value);
  recipe.set(chosen?.recipe ?? standard);
  look();
});
form.addEventListener("input", look);
element("retry").addEventListener("input", () => { form.querySelector("[data-retry]").textContent = element("retry").value.trim(); });
form.querySelector("select[name=project]")?.addEventListener("change", () => look());
form.querySelector("select[name=dataset]")?.addEventListener("change", () => { excluded.clear(); offerLabels(); look(); });
element("label_version")?.addEventListener("change", () => excluded.clear());
offerLabels();

/** Only versions of label sets of the dataset can be chosen. */
function offerLabels() {
  const choice = element("label_version");
  if (!choice) return;
  for (const one of choice.options) one.disabled = one.hidden = Boolean(one.value) && one.dataset.dataset !== element("dataset").value;
  if (choice.selectedOptions[0]?.disabled) choice.value = "";
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { body, faults } = intent();
  if (!body.dataset && needsData) faults.push({ field: "dataset", message: "Choose a dataset to train on." });
  const left = tell(faults);
  showErrors(errors, left);
  if (faults.length) { (form.querySelector("[aria-invalid]") ?? errors).focus(); return; }
  const launch = form.querySelector("[type=submit]");
  launch.setAttribute("aria-busy", "true");
  try {
    const { job } = page.parent ? await ask(`/jobs/${page.parent}/again`, { method: "POST", body: { ...body, parameters: parameters.read().all } }) : await ask("/jobs", { method: "POST", body });
    sessionStorage.removeItem(KEY);
    location.href = `/jobs/${job.id}`;
  } catch (problem) {
    const rest = tell(problem.errors);
    showErrors(errors, rest.length || !problem.errors.length ? [...rest, ...(problem.errors.length ? [] : [{ field: "", message: problem.message }])] : []);
    if (problem.errors.length) toast(problem.message, "error");
    (form.querySelector("[aria-invalid]") ?? errors).focus();
  } finally {
    launch.removeAttribute("aria-busy");
  }
});

const textsOf = ({ fields }) => fields.map((field) => [field.name, field.input.type === "checkbox" ? field.input.checked : field.input.value]);

function restore(set, texts) {
  for (const [name, value] of texts ?? []) {
    const field = set.fields.find((one) => one.name === name);
    if (!field) continue;
    if (field.input.type === "checkbox") field.input.checked = value; else field.input.value = value;
    field.check();
  }
  set.summarise();
}

function restoreDraft(draft) {
  if (draft.recipe) recipe.set(draft.recipe);
  excluded.clear();
  for (const name of draft.excluded ?? []) excluded.add(name);
  for (const name of ["dataset", "label_version", "start", "node", "label", "note", "notify", "retry", "project"]) if (draft[name] !== undefined && element(name)) element(name).value = draft[name];
  form.querySelector("[data-retry]").textContent = element("retry").value.trim();
  restore(parameters, draft.texts);
  restore(resources, draft.needs);
  look();
}

/** A draft of an earlier visit is offered, not taken: its values would start a run that nobody asked for. */
function offerDraft(draft) {
  const note = make("div", { class: "note", role: "status" });
  const answer = (taken) => { note.remove(); if (taken) restoreDraft(draft); else sessionStorage.removeItem(KEY); };
  note.append(make("p", {}, "You began this form before. "), make("div", { class: "row" },
    button("Continue your draft", () => answer(true)), button("Start fresh", () => answer(false), { kind: "plain" })));
  form.querySelector(".stack").prepend(note);
  form.addEventListener("input", () => note.remove(), { once: true }); // what is typed now is the draft
}

const KEY = `train:${page.module.name}:${page.parent ?? ""}`;
const kept = keep(form, KEY, () => { const { body } = intent(); return { ...body, retry: element("retry").value, texts: textsOf(parameters), needs: textsOf(resources), recipe: recipe.read().recipe }; })();
recipe.set(standard);
const asStandard = JSON.stringify(recipe.read().recipe); // with every default filled in
recipe.set(page.job_request.recipe ?? page.starts.find((one) => one.id === page.job_request.start)?.recipe ?? standard);
const [{ type: arrived = "navigate" } = {}] = performance.getEntriesByType("navigation");
if (kept && arrived === "navigate") offerDraft(kept);
else if (kept) restoreDraft(kept); // a reload loses nothing
form.querySelector("[type=submit]").disabled = false;
look();
