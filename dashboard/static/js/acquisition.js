// An acquisition: the choice of records, and fetching once more.
import { ask } from "./http.js";
import { errorsOf, showFieldErrors } from "./form.js";
import { refresh } from "./live.js";
import { toast } from "./notices.js";

// Ticked rows, and what was typed: "1-3,7".
function numbers(form) {
  const ticked = [...document.querySelectorAll("#records tbody input:checked")].map((box) => box.value);
  return [form.numbers.value.trim(), ...ticked].filter(Boolean).join(",");
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("#choice");
  if (!form) return;
  event.preventDefault();
  event.submitter.setAttribute("aria-busy", "true");
  try {
    await ask(form.dataset.send, { method: "POST", body: { name: form.name.value, numbers: numbers(form), q: form.q.value, by_reference: form.by_reference.checked } });
    document.activeElement?.blur();
    await refresh();
  } catch (problem) {
    showFieldErrors(form, errorsOf(problem));
  } finally {
    event.submitter.removeAttribute("aria-busy");
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-again]");
  if (!button) return;
  button.setAttribute("aria-busy", "true");
  try {
    const { acquisition } = await ask(button.dataset.url, { method: "POST", body: { what: button.dataset.again } });
    const there = `/sources/${acquisition.source}/acquisitions/${acquisition.id}`;
    if (there === location.pathname) await refresh();
    else location.href = there;
  } catch (problem) {
    toast(problem.message, "error");
  } finally {
    button.removeAttribute("aria-busy");
  }
});
