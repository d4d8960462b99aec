// The list of candidates: a queue of the spectra that are most like one of them.
import { ask } from "./http.js";
import { toast } from "./notices.js";

document.addEventListener("click", async (event) => {
  const pressed = event.target.closest("[data-like]");
  if (!pressed) return;
  const { like, job, labelSet } = pressed.dataset;
  pressed.setAttribute("aria-busy", "true");
  try {
    location.href = (await ask(`/jobs/${job}/label-queues`, { method: "POST", body: { by: "likeness", row: Number(like), label_set: labelSet } })).url;
  } catch (problem) {
    toast(problem.message, "error");
  } finally {
    pressed.removeAttribute("aria-busy");
  }
});
