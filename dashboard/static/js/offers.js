// Stars, and what publishers and managers change of a published module and its versions.
import { errorsOf, listed, showFieldErrors } from "./form.js";
import { ask } from "./http.js";
import { refresh } from "./live.js";
import { toast } from "./notices.js";

const value = (input) => {
  if (input.type === "checkbox") return input.checked;
  const text = input.value.trim();
  return input.dataset.list === undefined ? text : listed(text);
};

async function send(form, submitter) {
  const body = {};
  for (const input of form.querySelectorAll("input[name], select[name]")) if (!input.disabled && (input.value || input.dataset.unset === undefined)) body[input.name] = value(input);
  if (submitter?.name) body[submitter.name] = submitter.value;
  submitter?.setAttribute("aria-busy", "true");
  try {
    await ask(form.dataset.offer, { method: "POST", body });
    if (form.querySelector("[data-errors]")) showFieldErrors(form, []);
    if (form.dataset.said) toast(form.dataset.said, "done");
    form.closest("dialog")?.close();
    await refresh();
  } catch (problem) {
    if (form.querySelector("[data-errors]")) showFieldErrors(form, errorsOf(problem));
    else toast(problem.message, "error");
  } finally {
    submitter?.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-offer]") || event.submitter?.value === "cancel") return;
  event.preventDefault();
  send(form, event.submitter);
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-star]");
  if (!button) return;
  button.setAttribute("aria-busy", "true");
  try {
    await ask(button.dataset.star, { method: "POST", body: { starred: button.getAttribute("aria-pressed") !== "true" } });
    await refresh();
  } catch (problem) {
    toast(problem.message, "error");
  } finally {
    button.removeAttribute("aria-busy");
  }
});
// Only a visibility of a project has one.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-offer]");
  const project = form?.querySelector("[name=project]");
  if (event.target.name !== "visibility" || !project) return;
  project.disabled = event.target.value !== "project";
  project.closest(".field").hidden = project.disabled;
});
