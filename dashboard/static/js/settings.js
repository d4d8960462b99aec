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
  for (const name of ["of_quotas", "of_deployments", "attach_results"]) body[name] = form.elements[name].checked;
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
      await work(sent.elements, submitter?.value);
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
  await ask("/settings/password", { method: "POST", body: { old: old?.value ?? "", password: password.value } });
  toast("The password was changed.", "done");
  if (!old) location.reload();
});

sending(document.getElementById("profile-form"), async ({ title }) => {
  const { person } = await ask("/settings/profile", { method: "POST", body: { title: title.value.trim() } });
  title.setAttribute("value", person.title); // what the form is reset to
  toast("Saved.", "done");
});

sending(document.getElementById("email-form"), async ({ email, password }) => {
  await ask("/settings/email", { method: "POST", body: { email: email.value.trim(), password: password?.value ?? "" } });
  toast(email.value.trim() ? "A link was sent to the new address." : "The address was removed.", "done");
});

// The second factor: a secret for the app, then a first code, then recovery codes.
const codesShown = (place, codes) => showOnce(place, codes.join("\n"),
  { words: "Keep these recovery codes where you find them without your phone. Each is good once; they cannot be shown again.", region: "The recovery codes", copy: "Copy the codes" });
const first = document.getElementById("factor-confirm");
const begin = document.getElementById("factor-begin");
sending(begin, async ({ password }) => {
  const { secret, qr } = await ask("/settings/second-factor", { method: "POST", body: { password: password?.value ?? "" } });
  first.querySelector("img").src = qr;
  first.querySelector("[data-app-secret]").textContent = secret;
  begin.hidden = true;
  first.hidden = false;
  first.elements.code.focus();
});
sending(first, async ({ code }) => {
  const { recovery_codes } = await ask("/settings/second-factor/confirm", { method: "POST", body: { code: code.value } });
  first.hidden = true;
  codesShown(document.getElementById("factor-done"), recovery_codes);
  toast("The second factor is on.", "done");
});
const factor = document.getElementById("factor-form");
sending(factor, async ({ code }, work) => {
  const answer = await ask(`/settings/second-factor/${work}`, { method: "POST", body: { code: code.value } });
  if (work === "off") location.reload();
  else codesShown(factor.querySelector("[data-secret]"), answer.recovery_codes);
});

for (const one of document.querySelectorAll("[data-link-provider]")) {
  one.addEventListener("click", async (event) => {
    const pressed = event.currentTarget;
    pressed.setAttribute("aria-busy", "true");
    try {
      location.assign((await ask(pressed.dataset.linkProvider, { method: "POST", body: {} })).url);
    } catch (problem) {
      toast(problem.message, "error");
      pressed.removeAttribute("aria-busy");
    }
  });
}

const tokens = document.getElementById("token-form");
sending(tokens, async ({ title, days }) => {
  const scopes = [...tokens.querySelectorAll("[name=scopes]:checked")].map((box) => box.value);
  const body = { title: title.value.trim(), scopes, days: days.value.trim() === "" ? null : Number(days.value) };
  const { token } = await ask("/settings/tokens", { method: "POST", body });
  showSecret(tokens, token.secret, `“${token.title}” is created.`);
});
