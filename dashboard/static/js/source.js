// The form of a source, the buttons that begin an acquisition, and what an SSA service says it takes.
import { Fields, showErrors } from "./form.js";
import { ask } from "./http.js";
import { make } from "./dom.js";
import { toast } from "./notices.js";
import { refresh } from "./live.js";

async function busily(button, action) {
  button.setAttribute("aria-busy", "true");
  try {
    await action();
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function begin(url, { fetch = false, onlyNew = false } = {}) {
  const { acquisition } = await ask(url, { method: "POST", body: { fetch, only_new: onlyNew } });
  location.href = `/sources/${acquisition.source}/acquisitions/${acquisition.id}`;
}

function prepareForm(form) {
  const named = new Fields(form.querySelector("[data-fields=source]"));
  const values = new Fields(form.querySelector("[data-fields=values]"), "values.");
  const errors = form.querySelector("[data-errors]");
  const input = (id) => form.querySelector(`#s-${id}`);

  function told(problem) {
    const left = named.tell(values.tell(problem.errors ?? []));
    showErrors(errors, problem.errors?.length ? left : [{ field: "", message: problem.message }]);
    (form.querySelector("[aria-invalid]") ?? errors).focus();
  }

  function body() {
    const found = { name: named.read().all.name ?? "", values: values.read().all, schedule: input("schedule").value };
    if (form.dataset.new !== undefined) found.kind = form.dataset.kind;
    if (input("project")?.value) found.project = input("project").value;
    if (input("user").value || input("password").value) Object.assign(found, { user: input("user").value, password: input("password").value });
    else if (input("forget")?.checked) Object.assign(found, { user: "", password: "" });
    return found;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const faults = values.read().faults;
    showErrors(errors, []);
    if (faults.length) { values.tell(faults); form.querySelector("[aria-invalid]")?.focus(); return; }
    busily(event.submitter, async () => {
      try {
        const { source } = await ask(form.dataset.send, { method: "POST", body: body() });
        const list = input("list")?.files[0];
        if (list) await ask(`/sources/${source.id}/list`, { method: "PUT", body: list });
        if (form.dataset.new !== undefined) await begin(`/sources/${source.id}/acquisitions`);
        else { input("user").value = input("password").value = ""; toast("Saved.", "done"); await refresh(); }
      } catch (problem) {
        told(problem);
      }
    });
  });
}

function prepareFree(box) {
  const found = box.querySelector("[data-found]");
  const button = box.querySelector("button");
  button.addEventListener("click", () => busily(button, async () => {
    try {
      const { parameters } = await ask(box.dataset.free, { method: "POST" });
      const rows = parameters.map((one) => make("li", {}, make("code", {}, one.name), one.unit ? ` (${one.unit})` : "", one.description ? ` ${one.description}` : "", one.options.length ? ` One of: ${one.options.join(", ")}.` : ""));
      found.replaceChildren(rows.length ? make("ul", {}, ...rows) : make("p", {}, "The service names no parameters."));
    } catch (problem) {
      found.replaceChildren(make("p", { class: "field-error" }, problem.message));
    }
  }));
}

for (const form of document.querySelectorAll("#source-form")) prepareForm(form);
for (const box of document.querySelectorAll("[data-free]")) prepareFree(box);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-begin]");
  if (!button) return;
  const { begin: url, fetch, onlyNew } = button.dataset;
  busily(button, () => begin(url, { fetch: Boolean(fetch), onlyNew: Boolean(onlyNew) }).catch((problem) => toast(problem.message, "error")));
});
