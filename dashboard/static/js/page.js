// Behaviour of every page: theme switch, copy buttons, tabs, tables, live parts and action buttons.
import { confirm, toast } from "./notices.js";
import { ask } from "./http.js";
import { ago } from "./humanise.js";
import { followParts, refresh } from "./live.js";
import { prepareKeys, prepareTable, sendForEach, ticked } from "./table.js";
import { prepareTabs } from "./tabs.js";

function prepareTheme() {
  const button = document.querySelector("[data-theme-switch]");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  button.hidden = false;
  button.addEventListener("click", () => {
    const now = document.documentElement.dataset.theme || (dark.matches ? "dark" : "light");
    const next = now === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=strict`;
    dispatchEvent(new Event("themechange"));
  });
  dark.addEventListener("change", () => dispatchEvent(new Event("themechange")));
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast("Copied.", "done");
  } catch {
    toast("The browser denied access to the clipboard; select and copy the text.", "error");
  }
}

async function act(button, target = button.dataset.action) {
  if (button.dataset.confirm && !(await confirm(button.dataset.confirm, { verb: button.textContent.trim() }))) return;
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await ask(target, { method: button.dataset.method });
    if (button.dataset.then) location.href = button.dataset.then.replace("{id}", answer.job?.id ?? answer.dataset?.id ?? answer.id ?? "");
    else {
      if (button.dataset.done) toast(button.dataset.done, "done");
      await refresh();
    }
  } catch (problem) {
    toast(problem.message, "error");
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function dismiss(button) {
  try {
    await ask(button.dataset.dismiss, { method: "POST", body: {} });
    button.closest(".banner").remove();
  } catch (problem) {
    toast(problem.message, "error");
  }
}

async function actOnMany(button) {
  const chosen = ticked(button.closest("[data-bulk]").dataset.bulk);
  if (button.dataset.confirm && !(await confirm(button.dataset.confirm.replace("{n}", chosen.length), { verb: button.textContent.trim() }))) return;
  await sendForEach(chosen, (id) => ask(button.dataset.each.replace("{id}", id), { method: button.dataset.method }));
  for (const box of chosen) box.checked = false;
  await refresh();
}

/** Opens a page about all selected rows: `{ids}` of its address are their values. */
function openMany(button) {
  const chosen = ticked(button.closest("[data-bulk]").dataset.bulk);
  location.href = button.dataset.about.replace("{ids}", chosen.map((box) => encodeURIComponent(box.value)).join(","));
}

function prepareParts(root) {
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
  for (const tabs of root.querySelectorAll("[data-tabs]")) prepareTabs(tabs);
  for (const table of root.querySelectorAll("table[data-table]")) prepareTable(table);
}

/** Ctrl-K, and ? for the keys; their code is fetched where somebody asks for it. */
async function palette() {
  const { openPalette } = await import("./palette.js");
  openPalette();
}

function prepareShortcuts() {
  const button = document.querySelector("[data-palette-open]");
  if (button) { button.hidden = false; button.addEventListener("click", palette); }
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") { event.preventDefault(); palette(); }
    else if (event.key === "?" && !event.target.closest("input, select, textarea, dialog") && !document.getElementById("label-data")) location.href = "/docs/keyboard";
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.copy !== undefined) copy(button);
  else if (button?.dataset.action) act(button);
  else if (button?.dataset.each) actOnMany(button);
  else if (button?.dataset.about) openMany(button);
  else if (button?.dataset.dismiss) dismiss(button);
  else if (button?.dataset.opens) document.getElementById(button.dataset.opens).showModal();
});
document.addEventListener("fresh", (event) => prepareParts(event.target));
setInterval(() => {
  for (const time of document.querySelectorAll("time[data-relative]")) time.textContent = ago(time.dateTime);
}, 15000);

prepareTheme();
prepareParts(document);
prepareKeys();
prepareShortcuts();
followParts();
