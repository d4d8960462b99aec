// The settings form: saves without leaving the page, shows errors at the field and a new secret once.
import { button, icon, make } from "./dom.js";
import { showErrors } from "./form.js";
import { ask } from "./http.js";
import { refresh } from "./live.js";
import { toast } from "./notices.js";

const form = document.getElementById("notifications");
const errors = form.querySelector("[data-errors]");

function tell(found, form, errors) {
  for (const box of form.querySelectorAll("[data-field]")) {
    const error = found.find((one) => one.field === box.dataset.field);
    const input = box.querySelector(".input");
    box.querySelector(".field-error").textContent = error?.message ?? "";
    if (error) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
  }
  showErrors(errors, found.filter((one) => !form.querySelector(`[data-field="${CSS.escape(one.field)}"]`)));
}

function showSecret(secret) {
  const place = form.querySelector("[data-secret]");
  place.replaceChildren(icon("check"), make("div", { class: "stack-tight grow" },
    make("p", {}, "This secret signs the POST requests to your webhook. Copy it now: it cannot be shown again."),
    make("div", { class: "code" }, make("pre", { tabindex: 0, role: "region", "aria-label": "The signing secret" }, make("code", {}, secret))),
    make("div", { class: "row" }, button("Copy the secret", null, { "data-copy": secret, iconName: "copy" }))));
  place.hidden = false;
}

async function save(submitter, more = {}) {
  const minutes = form.elements.waits_minutes.value.trim();
  const waits_minutes = Number.isNaN(Number(minutes)) ? minutes : Number(minutes); // the server names what is no number
  const body = { about: form.elements.about.value, webhook: form.elements.webhook.value.trim(), waits_minutes, ...more };
  if (!form.elements.email.disabled) body.email = form.elements.email.value.trim();
  submitter.setAttribute("aria-busy", "true");
  try {
    const { notifications } = await ask("/settings/notifications", { method: "POST", body });
    tell([], form, errors);
    if (notifications.secret) showSecret(notifications.secret);
    form.querySelector("[data-test]").disabled = !notifications.email && !notifications.webhook;
    toast("Saved.", "done");
  } catch (problem) {
    tell(problem.errors.length ? problem.errors : [{ field: "", message: problem.message }], form, errors);
    (form.querySelector("[aria-invalid]") ?? errors).focus();
  } finally {
    submitter.removeAttribute("aria-busy");
  }
}

form.addEventListener("submit", (event) => { event.preventDefault(); save(event.submitter); });
form.querySelector("[data-secret-new]")?.addEventListener("click", (event) => save(event.currentTarget, { secret: "new" }));
form.querySelector("[data-test]").addEventListener("click", async (event) => {
  const pressed = event.currentTarget;
  pressed.setAttribute("aria-busy", "true");
  try {
    const { told } = await ask("/settings/notifications/test", { method: "POST", body: {} });
    const failed = told.find((one) => one.error);
    toast(failed ? `${failed.channel}: ${failed.error}` : "Sent.", failed ? "error" : "done");
    await refresh();
  } catch (problem) {
    toast(problem.message, "error");
  } finally {
    pressed.removeAttribute("aria-busy");
  }
});

const passwords = document.getElementById("password-form");
passwords?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [told, submitter] = [passwords.querySelector("[data-errors]"), event.submitter];
  submitter.setAttribute("aria-busy", "true");
  try {
    await ask("/settings/password", { method: "POST", body: { old: passwords.elements.old.value, password: passwords.elements.password.value } });
    tell([], passwords, told);
    passwords.reset();
    toast("The password was changed.", "done");
    await refresh();
  } catch (problem) {
    tell(problem.errors.length ? problem.errors : [{ field: "", message: problem.message }], passwords, told);
    (passwords.querySelector("[aria-invalid]") ?? told).focus();
  } finally {
    submitter.removeAttribute("aria-busy");
  }
});
