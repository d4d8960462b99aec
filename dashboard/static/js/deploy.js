// The dialog that puts a model on the air.
import { showErrors } from "./form.js";
import { ask } from "./http.js";

// A job's page gets the dialog when its model is there, perhaps long after it was opened: so the document listens.
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
