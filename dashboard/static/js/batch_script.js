// The training of a filled form as a batch script for Slurm: made by the platform, shown and downloaded.
import { ask } from "./http.js";

/** `bodyOf` returns the request of the form; returns what shows the script anew after a change. */
export function prepareScript(place, module, bodyOf, fill) {
  const engine = place.querySelector("[data-engine]");
  const error = place.querySelector("[data-error-script]");
  let text = "";
  let asked = 0;

  async function show() {
    if (!place.open) return;
    const mine = (asked += 1);
    try {
      const made = await ask(`/modules/${encodeURIComponent(module)}/script?engine=${engine.value}`, { method: "POST", body: bodyOf() });
      if (mine !== asked) return;
      text = made.script;
      error.textContent = "";
      fill("as-script", text);
    } catch (problem) {
      if (mine === asked) error.textContent = problem.errors?.length ? problem.errors.map((one) => `${one.field}: ${one.message}`).join(" ") : problem.message;
    }
  }

  place.addEventListener("toggle", show);
  engine.addEventListener("change", show);
  place.querySelector("[data-download]").addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/x-shellscript" }));
    link.download = "train.sh";
    link.click();
    URL.revokeObjectURL(link.href);
  });
  return show;
}
