// The dialog that tags all selected jobs of the list.
import { ask } from "./http.js";
import { refresh } from "./live.js";
import { toast } from "./notices.js";
import { listed } from "./prose.js";

const form = document.querySelector("form[data-tags]");

form.addEventListener("submit", async (event) => {
  if (event.submitter?.value !== "tag") return;
  const body = { added: listed(form.elements.added.value), removed: listed(form.elements.removed.value) };
  const boxes = [...document.querySelectorAll(`#${CSS.escape(form.dataset.tags)} tbody input:checked`)];
  const answers = await Promise.allSettled(boxes.map((box) => ask(`/jobs/${encodeURIComponent(box.value)}/annotation`, { method: "POST", body })));
  const failed = answers.filter((answer) => answer.status === "rejected");
  if (failed.length) toast(`${failed.length} of ${boxes.length} failed: ${failed[0].reason.message}`, "error");
  else form.reset();
  await refresh();
});
