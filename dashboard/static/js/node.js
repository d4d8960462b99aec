// The form of a node: shows the fields of its kind, errors at the field, and a connection test before saving.
import { Fields, showErrors } from "./form.js";
import { ask, dataOf } from "./http.js";
import { icon } from "./dom.js";
import { toast } from "./notices.js";
import { refresh } from "./live.js";

const form = document.getElementById("node-form");
const fields = new Fields(form.querySelector("[data-fields=node]"));
const errors = form.querySelector("[data-errors]");
const tested = form.querySelector("[data-tested]");
const kinds = dataOf("node-kinds");
const kind = fields.fields.find((field) => field.name === "kind");

/** Fields of other kinds are hidden and not sent. */
function showKind() {
  for (const field of fields.fields) field.box.hidden = Boolean(kinds[field.name]) && !kinds[field.name].includes(kind.get());
}

function body() {
  const { all, faults } = fields.read();
  const hidden = new Set(fields.fields.filter((field) => field.box.hidden).map((field) => field.name));
  // Hidden fields are sent empty, so that input for another kind is not kept.
  const values = Object.fromEntries(Object.entries(all).map(([name, value]) => [name, hidden.has(name) ? (Array.isArray(value) ? [] : "") : value ?? ""]));
  return { values, faults: faults.filter((fault) => !hidden.has(fault.field)) };
}

function told(problem) {
  const left = fields.tell(problem.errors ?? []);
  showErrors(errors, left.length || problem.errors?.length ? left : [{ field: "", message: problem.message }]);
  (form.querySelector("[aria-invalid]") ?? errors).focus();
}

async function sent(button, url, done) {
  const { values, faults } = body();
  showErrors(errors, []);
  tested.hidden = true;
  if (faults.length) { fields.tell(faults); form.querySelector("[aria-invalid]")?.focus(); return; }
  button.setAttribute("aria-busy", "true");
  try {
    await done(await ask(url, { method: "POST", body: values }));
  } catch (problem) {
    told(problem);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

kind.input.addEventListener("change", showKind);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  sent(event.submitter, form.dataset.send, async (answer) => {
    if (form.dataset.new !== undefined) location.href = `/nodes/${answer.node.name}`;
    else { toast(form.dataset.saved, "done"); await refresh(); }
  });
});
form.querySelector("[data-test]").addEventListener("click", (event) => {
  const name = fields.fields.find((field) => field.name === "name");
  if (name && !name.get()) name.set("untitled"); // a test requires no name
  sent(event.currentTarget, "/nodes/test", (answer) => {
    if (name?.get() === "untitled") name.set("");
    tested.replaceChildren(icon(answer.ok ? "check" : "cross"), answer.ok ? `Connected: ${answer.version || "ready"}.` : `Connection failed: ${answer.reason}`);
    tested.hidden = false;
  });
});
showKind();
