// Sends an asynchronous prediction; the table below shows its state.
import { showErrors } from "./form.js";
import { ask } from "./http.js";
import { refresh } from "./live.js";
import { toast } from "./notices.js";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.deferred === undefined) return;
  event.preventDefault();
  const place = form.querySelector("[data-errors]");
  place.hidden = true;
  event.submitter?.setAttribute("aria-busy", "true");
  try {
    await ask(form.dataset.deferred, { method: "POST", body: new FormData(form) });
    toast("Accepted. The result appears below.", "done");
    form.reset();
    await refresh();
  } catch (problem) {
    showErrors(place, [{ field: "", message: problem.message }]);
  } finally {
    event.submitter?.removeAttribute("aria-busy");
  }
});
