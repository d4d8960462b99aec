// The dialog in which an owner writes about a model or a job; fields marked as lists are split at commas.
import { errorsOf, listed, showFieldErrors } from "./form.js";
import { ask } from "./http.js";

const valueOf = (field) => (field.dataset.listed === undefined ? field.value.trim() : listed(field.value));

const form = document.querySelector("form[data-prose]");

form?.addEventListener("submit", async (event) => {
  if (event.submitter?.value === "cancel") return;
  event.preventDefault();
  event.submitter?.setAttribute("aria-busy", "true");
  const body = Object.fromEntries([...form.elements].filter((field) => field.name).map((field) => [field.name, valueOf(field)]));
  try {
    await ask(form.dataset.prose, { method: "POST", body });
    location.reload();
  } catch (problem) {
    showFieldErrors(form, errorsOf(problem));
  } finally {
    event.submitter?.removeAttribute("aria-busy");
  }
});
