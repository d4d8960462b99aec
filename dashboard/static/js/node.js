// The form of a node: only the fields of its kind, errors at the field, and a test of the connection before it is kept.
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

/** What another kind means nothing of is not shown, and not sent. */
function showKind() {
  for (const field of fields.fields) field.box.hidden = Boolean(kinds[field.name]) && !kinds[field.name].includes(kind.get());
}

function body() {
  const { all, faults } = fields.read();
  const hidden = new Set(fields.fields.filter((field) => field.box.hidden).map((field) => field.name));
  // What is hidden goes out empty: what was typed for another kind must not stay.
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
  if (name && !name.get()) name.set("untitled"); // it is not needed for a test
  sent(event.currentTarget, "/nodes/test", (answer) => {
    if (name?.get() === "untitled") name.set("");
    tested.replaceChildren(icon(answer.ok ? "check" : "cross"), answer.ok ? `It answers: ${answer.version || "ready"}.` : `It does not answer: ${answer.reason}`);
    tested.hidden = false;
  });
});
showKind();
