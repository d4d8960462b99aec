// Filters of a list, kept in this browser under their own words; one click brings them back.
import { button, icon, make } from "./dom.js";

const place = document.querySelector("[data-filters]");
const KEY = `filters:${location.pathname}`;

/** What of the address is a filter: not the page, and nothing that is empty. */
const query = () => new URLSearchParams([...new URLSearchParams(location.search)].filter(([name, value]) => value && !["page", "format"].includes(name)));

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return []; // somebody else's, or no storage: there are none then
  }
}

const keep = (filters) => { localStorage.setItem(KEY, JSON.stringify(filters)); show(); };
const wordsOf = (text) => [...new URLSearchParams(text).values()].join(", ").toLowerCase();

function show() {
  const [filters, now] = [kept(), String(query())];
  place.replaceChildren(...filters.map((filter) => make("span", { class: "row nowrap" },
    make("a", { class: "toggle", href: `?${filter}`, "aria-current": filter === now ? "true" : null }, wordsOf(filter)),
    make("button", { type: "button", class: "button button-plain button-icon button-small", "aria-label": `Forget the filter ${wordsOf(filter)}`, onclick: () => keep(filters.filter((one) => one !== filter)) }, icon("cross")))),
  now && !filters.includes(now) ? button("Keep this filter", () => keep([...filters, now]), { kind: "plain" }) : "");
  place.hidden = !place.childElementCount;
}

show();
