// Live updates: one stream of server-sent events per page, resumed by the browser.
// Parts of a page with data-live are rendered by the server; an event of one of their topics fetches them again,
// so that the first and every later rendering use the same template.

const listeners = new Map();
let stream = null;
let opening = null;
// Events between the rendering of the page and the first connection are replayed.
let seen = document.documentElement.dataset.liveFrom || "";

export function listen(topic, action) {
  if (!listeners.has(topic)) listeners.set(topic, new Set());
  listeners.get(topic).add(action);
  clearTimeout(opening);
  opening = setTimeout(open, 0); // all topics of a page share one stream
  return () => listeners.get(topic).delete(action);
}

function open() {
  if (stream) stream.close();
  const topics = [...listeners.keys()].map(encodeURIComponent).join(",");
  stream = new EventSource(`/live?topics=${topics}&after=${encodeURIComponent(seen)}`);
  stream.onmessage = (event) => {
    seen = event.lastEventId || seen;
    tell(JSON.parse(event.data));
  };
}

function tell(event) {
  for (const [topic, actions] of listeners) {
    if (event.kind === "resync" || event.topic === topic) for (const action of actions) action(event);
  }
}

const REST = 700; // ms between two fetches, at least
let due = null;
let last = 0;

export function followParts(root = document) {
  const topics = new Set();
  for (const part of root.querySelectorAll("[data-live]")) for (const topic of part.dataset.live.split(" ")) topics.add(topic);
  for (const topic of topics) listen(topic, (event) => { if (event.kind !== "log") refreshSoon(); });
}

function refreshSoon() {
  if (due === null) due = setTimeout(refresh, Math.max(50, REST - (Date.now() - last)));
}

export async function refresh() {
  due = null;
  last = Date.now();
  let fresh;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok) return;
    fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    return; // the stream reconnects and triggers the next refresh
  }
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (!other || other.innerHTML === part.dataset.seen) continue;
    const seen = other.innerHTML;
    if (part.contains(document.activeElement) && document.activeElement.matches("input:not([type=checkbox]), select, textarea")) continue;
    const focused = part.contains(document.activeElement) ? positionOf(document.activeElement, part) : -1;
    const checked = new Set([...part.querySelectorAll("tbody input:checked")].map((box) => box.value));
    part.replaceChildren(...other.childNodes);
    part.dataset.seen = seen;
    for (const box of part.querySelectorAll("tbody input[type=checkbox]")) box.checked = checked.has(box.value);
    if (focused >= 0) part.querySelectorAll("a, button, input")[focused]?.focus();
    part.dispatchEvent(new CustomEvent("fresh", { bubbles: true }));
  }
}

const positionOf = (element, part) => [...part.querySelectorAll("a, button, input")].indexOf(element);
