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
    const input = box.querySelector("input, select");
    box.querySelector(".field-error").textContent = error?.message ?? "";
    if (error) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
  }
  showErrors(errors, found.filter((one) => !form.querySelector(`[data-field="${CSS.escape(one.field)}"]`)));
}

function showSecret(form, secret, words) {
  const place = form.querySelector("[data-secret]");
  place.replaceChildren(icon("check"), make("div", { class: "stack-tight grow" },
    make("p", {}, `${words} Copy it now: it cannot be shown again.`),
    make("div", { class: "code" }, make("pre", { tabindex: 0, role: "region", "aria-label": "The secret" }, make("code", {}, secret))),
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
    if (notifications.secret) showSecret(form, notifications.secret, "This secret signs the POST requests to your webhook.");
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

// Sends a form as JSON, and shows errors at their fields.
function sending(sent, work) {
  sent?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [told, submitter] = [sent.querySelector("[data-errors]"), event.submitter];
    submitter.setAttribute("aria-busy", "true");
    try {
      await work(sent.elements);
      tell([], sent, told);
      sent.reset();
      await refresh();
    } catch (problem) {
      tell(problem.errors.length ? problem.errors : [{ field: "", message: problem.message }], sent, told);
      (sent.querySelector("[aria-invalid]") ?? told).focus();
    } finally {
      submitter.removeAttribute("aria-busy");
    }
  });
}

sending(document.getElementById("password-form"), async ({ old, password }) => {
  await ask("/settings/password", { method: "POST", body: { old: old.value, password: password.value } });
  toast("The password was changed.", "done");
});

const tokens = document.getElementById("token-form");
sending(tokens, async ({ title, days }) => {
  const scopes = [...tokens.querySelectorAll("[name=scopes]:checked")].map((box) => box.value);
  const body = { title: title.value.trim(), scopes, days: days.value.trim() === "" ? null : Number(days.value) };
  const { token } = await ask("/settings/tokens", { method: "POST", body });
  showSecret(tokens, token.secret, `“${token.title}” is created.`);
});
