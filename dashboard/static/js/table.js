// Tables: sort by any column, filter by text, j/k to move, Enter to open, select and act on many.
import { plural } from "./humanise.js";
import { toast } from "./notices.js";

/** The ticked boxes of a table's rows. */
export const ticked = (table) => [...document.querySelectorAll(`#${CSS.escape(table)} tbody input:checked`)];

/** Sends a request for each of some boxes, says how many failed and why, and returns whether none did. */
export async function sendForEach(boxes, send) {
  const answers = await Promise.allSettled(boxes.map(({ value }) => send(encodeURIComponent(value))));
  const failed = answers.filter((answer) => answer.status === "rejected");
  if (failed.length) toast(`${failed.length} of ${boxes.length} failed: ${failed[0].reason.message}`, "error");
  return !failed.length;
}

const key = (cell, kind) => {
  const value = cell.dataset.value ?? cell.querySelector("time")?.dateTime ?? cell.textContent.trim();
  if (kind !== "number") return value.toLowerCase();
  const number = Number.parseFloat(value);
  return Number.isNaN(number) ? -Infinity : number;
};

export function sortBy(table, column, descending) {
  const head = table.tHead.rows[0].cells;
  for (const cell of head) if (cell.dataset.sort) cell.setAttribute("aria-sort", "none");
  head[column].setAttribute("aria-sort", descending ? "descending" : "ascending");
  const kind = head[column].dataset.sort;
  const rows = [...table.tBodies[0].rows].map((row) => [key(row.cells[column], kind), row]);
  rows.sort(([a], [b]) => (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true })) * (descending ? -1 : 1));
  table.tBodies[0].append(...rows.map(([, row]) => row));
  table.dataset.sorted = `${column}:${descending ? 1 : 0}`;
}

function prepareHead(table) {
  [...table.tHead.rows[0].cells].forEach((cell, column) => {
    if (!cell.dataset.sort || cell.querySelector(".sort")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...cell.childNodes);
    cell.append(button);
    cell.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sortBy(table, column, cell.getAttribute("aria-sort") === "ascending"));
  });
}

function filter(table, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of table.tBodies[0].rows) {
    const content = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => content.includes(word));
  }
}

function stepRow(table, by) {
  const rows = [...table.tBodies[0].rows].filter((row) => !row.hidden);
  const at = rows.findIndex((row) => row.hasAttribute("data-current"));
  rows[at]?.removeAttribute("data-current");
  const row = rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  if (!row) return;
  row.setAttribute("data-current", "");
  row.scrollIntoView({ block: "nearest" });
  row.querySelector("a")?.focus({ preventScroll: true });
}

function countSelected(table) {
  const bulk = document.querySelector(`[data-bulk="${table.id}"]`);
  if (!bulk) return;
  const chosen = table.querySelectorAll("tbody input[type=checkbox]:checked");
  bulk.hidden = chosen.length === 0;
  bulk.querySelector("[data-count]").textContent = plural(chosen.length, "selected", "selected");
}

export function prepareTable(table) {
  prepareHead(table);
  if (table.dataset.sorted) sortBy(table, ...table.dataset.sorted.split(":").map(Number));
  table.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, label") || getSelection().toString()) return;
    location.href = row.dataset.href;
  });
  table.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) {
      for (const box of table.querySelectorAll("tbody tr:not([hidden]) input[type=checkbox]")) box.checked = event.target.checked;
    }
    countSelected(table);
  });
  const search = document.querySelector(`[data-filter="${table.id}"]`);
  if (search && !document.querySelector("nav[aria-label=Pages]")) { // of several pages, Enter asks the server
    search.addEventListener("input", () => filter(table, search.value));
    filter(table, search.value);
  }
  countSelected(table);
}

export function prepareKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea, dialog, [data-plot]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const table = document.querySelector("table[data-table]");
    if (event.key === "/") {
      const search = document.querySelector("main input[type=search]");
      if (search) { event.preventDefault(); search.focus(); }
    } else if (table && (event.key === "j" || event.key === "k")) stepRow(table, event.key === "j" ? 1 : -1);
  });
}
