// Accounts and projects: saves forms without leaving the page, shows errors at their fields, and an invitation once.
import { errorsOf, showErrors, showFieldErrors } from "./form.js";
import { ask } from "./http.js";
import { toast } from "./notices.js";
import { showOnce } from "./secret.js";

function showInvitation(place, link) {
  const words = "Send this link: its owner chooses a password there. It works once, for three days, and cannot be shown again.";
  showOnce(place, link.url ?? new URL(link.path, location.href).href, { words, region: "The invitation", copy: "Copy the link" });
}

function values(form) {
  const body = {};
  for (const input of form.querySelectorAll("input[name], select[name]")) {
    if (input.name === "role") body.roles = [input.value];
    else body[input.name] = input.type === "checkbox" ? input.checked : input.value.trim();
  }
  return body;
}

async function save(form, submitter) {
  submitter.setAttribute("aria-busy", "true");
  try {
    const body = values(form);
    const { invitation } = await ask(form.getAttribute("action"), { method: "POST", body });
    if (form.dataset.then) location.href = form.dataset.then.endsWith("/") ? form.dataset.then + encodeURIComponent(body.name) : form.dataset.then;
    showFieldErrors(form, []);
    const place = form.querySelector("[data-invitation]");
    if (place && invitation) { showInvitation(place, invitation); form.reset(); }
    toast("Saved.", "done");
  } catch (problem) {
    showFieldErrors(form, errorsOf(problem));
  } finally {
    submitter.removeAttribute("aria-busy");
  }
}

async function pressed(event, work) {
  const from = event.currentTarget;
  from.setAttribute("aria-busy", "true");
  try { await work(from); } catch (problem) { toast(problem.message, "error"); } finally { from.removeAttribute("aria-busy"); }
}

for (const form of document.querySelectorAll("[data-people-form]")) {
  form.addEventListener("submit", (event) => { event.preventDefault(); save(form, event.submitter); });
}
for (const one of document.querySelectorAll("[data-invite]")) {
  one.addEventListener("click", (event) => pressed(event, async (from) => {
    showInvitation(from.closest("section").querySelector("[data-invitation]"), await ask(from.dataset.invite, { method: "POST", body: {} }));
  }));
}
for (const one of document.querySelectorAll("[data-post]")) {
  one.addEventListener("click", (event) => pressed(event, async (from) => {
    await ask(from.dataset.post, { method: "POST", body: JSON.parse(from.dataset.body) });
    location.reload();
  }));
}

const leaving = document.querySelector("form[data-delete-person]");
leaving?.addEventListener("submit", async (event) => {
  if (event.submitter?.value === "cancel") return;
  event.preventDefault();
  event.submitter?.setAttribute("aria-busy", "true");
  try {
    const { owned, to, project, abort } = leaving.elements;
    const choice = new URLSearchParams({ owned: owned.value, to: to.value.trim(), project: project.value.trim(), jobs: abort.checked ? "abort" : "finish" });
    await ask(`${leaving.dataset.deletePerson}?${choice}`, { method: "DELETE" });
    location.href = "/people";
  } catch (problem) {
    showErrors(leaving.querySelector("[data-errors]"), problem.errors.length ? problem.errors : [{ field: "", message: problem.message }]);
  } finally {
    event.submitter?.removeAttribute("aria-busy");
  }
});
