// Accounts and projects: saves forms without leaving the page, shows errors at their fields, and an invitation once.
import { button, icon, make } from "./dom.js";
import { showErrors } from "./form.js";
import { ask } from "./http.js";
import { toast } from "./notices.js";

function showInvitation(place, link) {
  const address = link.url ?? new URL(link.path, location.href).href;
  place.replaceChildren(icon("check"), make("div", { class: "stack-tight grow" },
    make("p", {}, "Send this link: its owner chooses a password there. It works once, for three days, and cannot be shown again."),
    make("div", { class: "code" }, make("pre", { tabindex: 0, role: "region", "aria-label": "The invitation" }, make("code", {}, address))),
    make("div", { class: "row" }, button("Copy the link", null, { "data-copy": address, iconName: "copy" }))));
  place.hidden = false;
}

function showFieldErrors(form, found) {
  for (const box of form.querySelectorAll("[data-field]")) {
    const error = found.find((one) => one.field.split(".")[0] === box.dataset.field);
    box.querySelector(".field-error").textContent = error?.message ?? "";
    const input = box.querySelector(".input");
    if (error) input?.setAttribute("aria-invalid", "true"); else input?.removeAttribute("aria-invalid");
  }
  showErrors(form.querySelector("[data-errors]"), found.filter((one) => !form.querySelector(`[data-field="${CSS.escape(one.field.split(".")[0])}"]`)));
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
    showFieldErrors(form, problem.errors.length ? problem.errors : [{ field: "", message: problem.message }]);
    (form.querySelector("[aria-invalid]") ?? form.querySelector("[data-errors]")).focus();
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
