// The dialog that deploys a model.
import { showErrors } from "./form.js";
import { ask } from "./http.js";

// A job page receives the dialog when the model is recorded, possibly long after it was opened; therefore the document listens.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-deploy]") || event.submitter?.value === "cancel") return;
  event.preventDefault();
  const place = form.querySelector("[data-errors]");
  event.submitter?.setAttribute("aria-busy", "true");
  try {
    const body = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    await ask("/deployments", { method: "POST", body });
    location.href = `/deployments/${encodeURIComponent(body.name)}`;
  } catch (problem) {
    showErrors(place, problem.errors.length ? problem.errors : [{ field: "", message: problem.message }]);
  } finally {
    event.submitter?.removeAttribute("aria-busy");
  }
});
