// Pages of administration: forms with times, restrictions of modules, and clean-up with a confirmation.
import { errorsOf, listed, showFieldErrors } from "./form.js";
import { ask } from "./http.js";
import { plural } from "./humanise.js";
import { confirm, toast } from "./notices.js";

const given = (input) => (input.type === "datetime-local" && input.value ? new Date(input.value).toISOString() : input.value.trim());

async function send(form) {
  const body = form.dataset.fixed ? JSON.parse(form.dataset.fixed) : {};
  for (const input of form.querySelectorAll("input[name], select[name]")) if (given(input)) body[input.name] = given(input);
  try {
    await ask(form.dataset.form, { method: "POST", body });
    location.reload();
  } catch (problem) {
    showFieldErrors(form, errorsOf(problem));
  }
}

async function busy(button, work) {
  button.setAttribute("aria-busy", "true");
  try { await work(); } catch (problem) { toast(problem.message, "error"); } finally { button.removeAttribute("aria-busy"); }
}

async function restrict(row) {
  const named = listed(row.querySelector("[name=projects]").value);
  await ask(row.dataset.restriction, { method: "POST", body: { role: row.querySelector("[name=role]").value, projects: named } });
  location.reload();
}

async function cleanUp(table) {
  const chosen = [...document.querySelectorAll(`#${CSS.escape(table)} tbody input:checked`)].map(({ value }) => value.split(" "));
  if (!chosen.length) { toast("Select something first.", "error"); return; }
  if (!(await confirm(`Delete ${plural(chosen.length, "thing")} for ever?`, { verb: "Delete" }))) return;
  const { kept } = await ask("/administration/storage/delete", { method: "POST", body: { items: chosen.map(([kind, id]) => ({ kind, id })) } });
  if (kept.length) toast(`${plural(kept.length, "thing")} kept: ${kept[0].id}: ${kept[0].reason}`, "error");
  else location.reload();
}

for (const form of document.querySelectorAll("[data-form]")) form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.send) busy(button, async () => { await ask(button.dataset.send, { method: "POST", body: JSON.parse(button.dataset.body) }); location.reload(); });
  else if (button?.dataset.restrict !== undefined) busy(button, () => restrict(button.closest("tr")));
  else if (button?.dataset.cleanUp) busy(button, () => cleanUp(button.dataset.cleanUp));
});
