// Forms of label sets: sent as JSON, errors at their fields; tables of labels as they are.
import { errorsOf, showFieldErrors } from "./form.js";
import { ask } from "./http.js";
import { toast } from "./notices.js";

function valuesOf(form) {
  const body = {};
  for (const input of form.querySelectorAll("[name]")) {
    if (input.closest("[hidden]")) continue;
    if (input.type === "checkbox") body[input.name] = input.checked;
    else if (input.type === "number") body[input.name] = Number(input.value);
    else if (input.value.trim() !== "") body[input.name] = input.value.trim();
  }
  return body;
}

/** Where a form is sent; `data-address` names fields that are parts of it. */
function addressOf(form) {
  return form.getAttribute("data-address")?.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(form.querySelector(`[data-in-address=${name}]`).value)) ?? form.getAttribute("action");
}

const within = (answer, path) => path.split(".").reduce((found, name) => found?.[name], answer);

async function send(form, request) {
  const submitter = form.querySelector("[type=submit]");
  submitter.setAttribute("aria-busy", "true");
  try {
    const answer = await request();
    showFieldErrors(form, []);
    if (form.getAttribute("data-done")) toast(form.getAttribute("data-done").replace(/\{([\w.]+)\}/g, (_, path) => within(answer, path)), "done");
    if (form.getAttribute("data-then")) location.href = form.getAttribute("data-then").replace(/\{([\w.]+)\}/g, (_, path) => encodeURIComponent(within(answer, path)));
    else form.reset();
  } catch (problem) {
    showFieldErrors(form, errorsOf(problem));
  } finally {
    submitter.removeAttribute("aria-busy");
  }
}

for (const form of document.querySelectorAll("form[data-json-form]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, () => ask(addressOf(form), { method: "POST", body: valuesOf(form) }));
  });
  const chooser = form.querySelector("[data-shows]");
  const show = () => { for (const part of form.querySelectorAll("[data-shown-for]")) part.hidden = part.dataset.shownFor !== chooser.value; };
  chooser?.addEventListener("change", show);
}
for (const form of document.querySelectorAll("form[data-table-form]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = form.querySelector("input[type=file]").files[0];
    const partial = form.querySelector("[name=partial]").checked ? "?partial=true" : "";
    send(form, () => ask(form.getAttribute("action") + partial, { method: "POST", body: file, headers: { "Content-Type": "text/csv" } }));
  });
}
