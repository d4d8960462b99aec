// Calls a deployment of a third-party module by a form of its own arguments; shows text, pictures, sound and video.
import { make } from "./dom.js";
import { Fields, showErrors } from "./form.js";
import { size } from "./humanise.js";

const LONGEST = 100_000; // letters of a text that are shown; the whole can be saved
const SHOWN = { image: (src) => make("img", { src, alt: "The answer" }), audio: (src) => make("audio", { src, controls: true }), video: (src) => make("video", { src, controls: true }) };

function queryOf(values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, typeof one === "object" ? JSON.stringify(one) : String(one));
  }
  return query;
}

/** Returns the errors of an answer that is none: messages by argument, or one for all. */
function errorsOf(text, status) {
  try {
    const answer = JSON.parse(text);
    if (status === 422 && !answer.detail) return Object.entries(answer).map(([name, messages]) => ({ field: name, message: [messages].flat(3).join(" ") }));
    return [{ field: "", message: answer.detail ?? answer.message ?? text }];
  } catch {
    return [{ field: "", message: text.trim().slice(0, 500) || `The deployment returned status ${status}.` }];
  }
}

async function shownOf(response) {
  const kind = (response.headers.get("Content-Type") ?? "").split(";")[0];
  const content = await response.blob();
  const address = URL.createObjectURL(content);
  const save = make("a", { class: "button button-small", href: address, download: `prediction.${kind.split("/")[1] || "bin"}` }, `Save (${kind}, ${size(content.size)})`);
  const show = SHOWN[kind.split("/")[0]];
  if (show) return [show(address), save];
  if (!kind.startsWith("text/") && kind !== "application/json") return [save];
  let text = await content.text();
  if (kind === "application/json") { try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* it is shown as it is */ } }
  return [make("pre", { class: "code", tabindex: 0 }, make("code", {}, text.slice(0, LONGEST))), save];
}

for (const form of document.querySelectorAll("form[data-callform]")) {
  const parameters = new Fields(form.querySelector("[data-fields]"));
  const errors = form.querySelector("[data-errors]");
  const place = form.parentElement.querySelector("[data-answer]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { values, faults } = parameters.read();
    showErrors(errors, parameters.tell(faults));
    if (faults.length) return;
    const body = new FormData();
    for (const input of form.querySelectorAll("[data-file]")) for (const file of input.files) body.append(input.name, file, file.name);
    if (![...body.keys()].length) body.append("", ""); // a form without a part is none
    const accept = form.elements.namedItem("accept")?.value ?? "application/json";
    event.submitter?.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(`/predict/${encodeURIComponent(form.dataset.callform)}?${queryOf(values)}`, { method: "POST", body, headers: { Accept: accept } });
      if (response.ok) place.replaceChildren(...await shownOf(response));
      else showErrors(errors, parameters.tell(errorsOf(await response.text(), response.status)));
    } catch {
      showErrors(errors, [{ field: "", message: "The platform is not responding. Is it still running?" }]);
    } finally {
      event.submitter?.removeAttribute("aria-busy");
    }
  });
}
