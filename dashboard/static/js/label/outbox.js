// Events on their way to the log. Each is written down in the browser before anything else happens, and stays
// there until the platform says that it is stored: a dead connection, a restart of the platform or a closed tab
// lose nothing, and an event that is sent twice counts once, for its key is made here.
import { ask } from "../http.js";

const AT_ONCE = 200;
const WAITS = [500, 1000, 2000, 4000, 8000]; // ms before the next attempt

export class Outbox extends EventTarget {
  /** `place`: the address of the label set; `labeller`: whose events these are. */
  constructor(place, labeller) {
    super();
    this.place = place;
    this.waitingPrefix = `huggins-labels ${place} ${labeller} `;
    this.rejectedPrefix = `huggins-rejected ${place} ${labeller} `;
    this.memory = new Map(); // what the browser could not store
    this.failures = 0;
    this.trouble = "";
    this.sending = false;
    this.number = Date.now() * 1000;
    addEventListener("online", () => this.flush());
    addEventListener("storage", () => this.changed());
  }

  /** Takes an event, and returns it with its key. */
  add(event) {
    const full = { key: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`, made: new Date().toISOString(), ...event };
    this.number += 1;
    try {
      localStorage.setItem(`${this.waitingPrefix}${this.number} ${full.key}`, JSON.stringify(full));
    } catch {
      this.memory.set(this.number, full);
    }
    this.changed();
    this.flush();
    return full;
  }

  /** Names and events that are not stored by the platform yet, in their order. */
  waiting() {
    const kept = namesOf(this.waitingPrefix).map((name) => [name, JSON.parse(localStorage.getItem(name) ?? "null")]).filter(([, event]) => event);
    return kept.concat([...this.memory].map(([number, event]) => [number, event]));
  }

  get count() { return namesOf(this.waitingPrefix).length + this.memory.size; }

  /** Events that the platform did not take, with the reason. */
  rejected() { return namesOf(this.rejectedPrefix).map((name) => JSON.parse(localStorage.getItem(name))); }

  forgetRejected() {
    for (const name of namesOf(this.rejectedPrefix)) localStorage.removeItem(name);
    this.changed();
  }

  async flush() {
    if (this.sending) return;
    clearTimeout(this.timer);
    this.sending = true;
    try {
      for (let some = this.waiting().slice(0, AT_ONCE); some.length; some = this.waiting().slice(0, AT_ONCE)) await this.send(some);
      this.failures = 0;
      this.trouble = "";
    } catch (problem) {
      this.trouble = troubleOf(problem);
      this.timer = setTimeout(() => this.flush(), WAITS[Math.min(this.failures, WAITS.length - 1)]);
      this.failures += 1;
    } finally {
      this.sending = false;
      this.changed();
    }
  }

  async send(some) {
    const answer = await ask(`${this.place}/events`, { method: "POST", body: { events: some.map(([, event]) => event) }, signal: AbortSignal.timeout?.(20000) });
    const done = new Set([...answer.stored, ...answer.known]);
    const reasons = new Map(answer.rejected.map((one) => [one.key, one.reason]));
    for (const [name, event] of some) {
      if (reasons.has(event.key)) localStorage.setItem(this.rejectedPrefix + event.key, JSON.stringify({ ...event, reason: reasons.get(event.key) }));
      if (done.has(event.key) || reasons.has(event.key)) this.drop(name);
    }
    this.dispatchEvent(new Event("sent"));
  }

  drop(name) {
    if (typeof name === "number") this.memory.delete(name);
    else localStorage.removeItem(name);
  }

  changed() { this.dispatchEvent(new Event("changed")); }
}

function namesOf(prefix) {
  const found = [];
  for (let at = 0; at < localStorage.length; at += 1) if (localStorage.key(at).startsWith(prefix)) found.push(localStorage.key(at));
  return found.sort();
}

function troubleOf(problem) {
  if (problem.status === 401) return "You are signed out: sign in in another tab. Your labels are kept in this browser.";
  if (problem.status === 403 || problem.status === 404) return `${problem.message} Your labels are kept in this browser.`;
  return "The platform cannot be reached: your labels are kept in this browser, and sent when it is back.";
}
