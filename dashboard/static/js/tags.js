// The dialog that tags all selected jobs of the list.
import { listed } from "./form.js";
import { ask } from "./http.js";
import { refresh } from "./live.js";
import { sendForEach, ticked } from "./table.js";

const form = document.querySelector("form[data-tags]");

form.addEventListener("submit", async (event) => {
  if (event.submitter?.value !== "tag") return;
  const body = { added: listed(form.elements.added.value), removed: listed(form.elements.removed.value) };
  if (await sendForEach(ticked(form.dataset.tags), (id) => ask(`/jobs/${id}/annotation`, { method: "POST", body }))) form.reset();
  await refresh();
});
