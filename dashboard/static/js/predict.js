// The dialog that predicts a whole dataset with a model.
import { showErrors } from "./form.js";
import { ask } from "./http.js";

function bodyOf(form) {
  const body = {};
  for (const [name, text] of new FormData(form)) {
    if (text === "" || name === "model") continue;
    const value = form.elements[name].type === "number" ? Number(text) : text;
    const [group, key] = name.split(".");
    if (key) (body[group] ??= {})[key] = value;
    else body[name] = value;
  }
  return body;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-predict]") || event.submitter?.value === "cancel") return;
  event.preventDefault();
  const place = form.querySelector("[data-errors]");
  place.hidden = true;
  event.submitter?.setAttribute("aria-busy", "true");
  try {
    const { job } = await ask(`/models/${encodeURIComponent(form.elements.model.value)}/predictions`, { method: "POST", body: bodyOf(form) });
    location.href = `/jobs/${encodeURIComponent(job.id)}`;
  } catch (problem) {
    showErrors(place, problem.errors?.length ? problem.errors : [{ field: "", message: problem.message }]);
  } finally {
    event.submitter?.removeAttribute("aria-busy");
  }
});
