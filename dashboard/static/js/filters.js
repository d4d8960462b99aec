// Saved filters of a list, stored in this browser.
import { button, icon, make } from "./dom.js";

const place = document.querySelector("[data-filters]");
const KEY = `filters:${location.pathname}`;

/** The filter part of the address: without pagination and empty values. */
const query = () => new URLSearchParams([...new URLSearchParams(location.search)].filter(([name, value]) => value && !["page", "format"].includes(name)));

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return []; // foreign content or no storage: no saved filters
  }
}

const keep = (filters) => { localStorage.setItem(KEY, JSON.stringify(filters)); show(); };
const wordsOf = (text) => [...new URLSearchParams(text).values()].join(", ").toLowerCase();

function show() {
  const [filters, now] = [kept(), String(query())];
  place.replaceChildren(...filters.map((filter) => make("span", { class: "row nowrap" },
    make("a", { class: "toggle", href: `?${filter}`, "aria-current": filter === now ? "true" : null }, wordsOf(filter)),
    make("button", { type: "button", class: "button button-plain button-icon button-small", "aria-label": `Delete the filter ${wordsOf(filter)}`, onclick: () => keep(filters.filter((one) => one !== filter)) }, icon("cross")))),
  now && !filters.includes(now) ? button("Save this filter", () => keep([...filters, now]), { kind: "plain" }) : "");
  place.hidden = !place.childElementCount;
}

show();
