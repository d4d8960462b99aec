// The settings form: saves without leaving the page, shows errors at the field and a new secret once.
import { errorsOf, showFieldErrors } from "./form.js";
import { ask } from "./http.js";
import { refresh } from "./live.js";
import { toast } from "./notices.js";
import { showOnce } from "./secret.js";

const form = document.getElementById("notifications");
const showSecret = (form, secret, words) => showOnce(form.querySelector("[data-secret]"), secret,
  { words: `${words} Copy it now: it cannot be shown again.`, region: "The secret", copy: "Copy the secret" });

async function save(submitter, more = {}) {
  const minutes = form.elements.waits_minutes.value.trim();
  const waits_minutes = Number.isNaN(Number(minutes)) ? minutes : Number(minutes); // the server names what is no number
  const body = { about: form.elements.about.value, webhook: form.elements.webhook.value.trim(), waits_minutes, ...more };
  if (!form.elements.email.disabled) body.email = form.elements.email.value.trim();
  submitter.setAttribute("aria-busy", "true");
  try {
    const { notifications } = await ask("/settings/notifications", { method: "POST", body });
    showFieldErrors(form, []);
    if (notifications.secret) showSecret(form, notifications.secret, "This secret signs the POST requests to your webhook.");
    form.querySelector("[data-test]").disabled = !notifications.email && !notifications.webhook;
    toast("Saved.", "done");
  } catch (problem) {
    showFieldErrors(form, errorsOf(problem));
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
    const { submitter } = event;
    submitter.setAttribute("aria-busy", "true");
    try {
      await work(sent.elements);
      showFieldErrors(sent, []);
      sent.reset();
      await refresh();
    } catch (problem) {
      showFieldErrors(sent, errorsOf(problem));
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
