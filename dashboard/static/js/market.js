// Search as you type: updates the address; the server renders the results.
import { debounce } from "./dom.js";
import { refresh } from "./live.js";

const form = document.getElementById("market-form");
let last = "";

const go = debounce(async () => {
  const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));
  if (String(query) === last) return;
  last = String(query);
  history.replaceState(null, "", query.size ? `/?${query}` : "/");
  await refresh();
}, 150);

last = String(new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== "")));
form.addEventListener("input", go);
form.addEventListener("submit", (event) => { event.preventDefault(); go(); });
form.querySelector("[data-submit]").hidden = true;
// What was typed while the page was still loading.
if (form.elements.q.value !== (new URLSearchParams(location.search).get("q") ?? "")) {
  last = "";
  go();
}
