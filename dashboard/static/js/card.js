// The dialog in which the owner of a model writes its card.
import { errorsOf, showFieldErrors } from "./form.js";
import { ask } from "./http.js";

const form = document.querySelector("form[data-card]");

form.addEventListener("submit", async (event) => {
  if (event.submitter?.value === "cancel") return;
  event.preventDefault();
  event.submitter?.setAttribute("aria-busy", "true");
  const body = Object.fromEntries(["description", "intended_use", "limitations", "doi"].map((name) => [name, form.elements[name].value.trim()]));
  body.aliases = form.elements.aliases.value.split(",").map((name) => name.trim()).filter(Boolean);
  try {
    await ask(form.dataset.card, { method: "POST", body });
    location.reload();
  } catch (problem) {
    showFieldErrors(form, errorsOf(problem));
  } finally {
    event.submitter?.removeAttribute("aria-busy");
  }
});
