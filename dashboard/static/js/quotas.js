// Quotas: edits the limits of a role, person or project in a dialog; empty: what is more general, "unlimited": no limit.
import { errorsOf, showFieldErrors } from "./form.js";
import { ask } from "./http.js";
import { toast } from "./notices.js";

const dialog = document.getElementById("limits");
let edited = null;

function open(account) {
  edited = account;
  const form = dialog.querySelector("form");
  showFieldErrors(form, []);
  dialog.querySelector("h2").textContent = `Limits of ${account.subject === "role" ? "the role " : ""}${account.title}`;
  const general = { role: "the next role below", person: "the role", project: "none" }[account.subject];
  dialog.querySelector("[data-hint]").textContent = `A number from 0; “unlimited”; or empty: ${general === "none" ? "no limit" : `as ${general} has it`}.`;
  for (const { quota, own, limit } of account.use) {
    const input = form.elements.namedItem(quota);
    input.value = own ?? "";
    input.placeholder = own !== null || limit === null ? "no limit" : String(limit);
  }
  dialog.showModal();
}

function limits(form) {
  const given = [...form.querySelectorAll("input[name]")].map((input) => [input.name, input.value.trim()]);
  return Object.fromEntries(given.map(([name, text]) => [name, text === "" ? null : Number.isNaN(Number(text)) ? text.toLowerCase() : Number(text)]));
}

async function save(event) {
  event.preventDefault();
  const form = event.target;
  try {
    const address = `/administration/quotas/${edited.subject}/${encodeURIComponent(edited.name)}`;
    const { notes } = await ask(address, { method: "POST", body: { limits: limits(form) } });
    dialog.close();
    if (notes.length) sessionStorage.setItem("quota-notes", JSON.stringify(notes));
    location.reload();
  } catch (problem) {
    showFieldErrors(form, errorsOf(problem).map((error) => ({ ...error, field: error.field.replace(/^limits\./, "") })));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-edit]");
  if (button) open(JSON.parse(button.dataset.edit));
});
dialog?.querySelector("form").addEventListener("submit", save);
dialog?.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
for (const note of JSON.parse(sessionStorage.getItem("quota-notes") ?? "[]")) toast(note, "");
sessionStorage.removeItem("quota-notes");
