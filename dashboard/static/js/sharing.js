// The dialog that says who sees an object.
import { make } from "./dom.js";
import { showErrors } from "./form.js";
import { ask } from "./http.js";
import { toast } from "./notices.js";

const form = document.querySelector("form[data-sharing]");
const { visibility, project, owner } = form.elements;

function showProject() {
  form.querySelector("[data-sharing-project]").hidden = visibility.value !== "project";
}

async function fillProjects() {
  if (project.options.length) return;
  const { projects } = await ask(form.dataset.sharing);
  project.replaceChildren(...projects.map((one) => make("option", { value: one.name }, one.title)));
  if (project.dataset.chosen) project.value = project.dataset.chosen;
}

visibility.addEventListener("change", showProject);
document.querySelector('[data-opens="sharing-dialog"]').addEventListener("click", () => {
  showProject();
  fillProjects().catch((problem) => toast(problem.message, "error"));
});

form.addEventListener("submit", async (event) => {
  if (event.submitter?.value === "cancel") return;
  event.preventDefault();
  event.submitter?.setAttribute("aria-busy", "true");
  try {
    const body = { visibility: visibility.value };
    if (visibility.value === "project") body.project = project.value || null;
    if (owner.value.trim()) body.owner = owner.value.trim();
    await ask(form.dataset.sharing, { method: "POST", body });
    if (body.owner) location.href = "/";
    else location.reload();
  } catch (problem) {
    showErrors(form.querySelector("[data-errors]"), problem.errors.length ? problem.errors : [{ field: "", message: problem.message }]);
  } finally {
    event.submitter?.removeAttribute("aria-busy");
  }
});
