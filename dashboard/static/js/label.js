// The label page: one spectrum at a time, a class by one key, and nothing that was said is lost.
import { dataOf, ask } from "./http.js";
import { debounce, make } from "./dom.js";
import { count, plural } from "./humanise.js";
import { listen } from "./live.js";
import { HELP, onKeys } from "./label/keys.js";
import { Neighbours } from "./label/neighbours.js";
import { Outbox } from "./label/outbox.js";
import { answered } from "./label/own.js";
import { LabelPlot, SMOOTHINGS } from "./label/plot.js";
import { facts } from "./label/sky.js";
import { Supply } from "./label/supply.js";

const { label_set: set, queue, labeller, allowed, progress } = dataOf("label-data");
const part = (name) => document.querySelector(`[data-label="${name}"]`);
const place = `/label-sets/${set.id}`;
const here = `${place}/queues/${queue.id}`;
const WINDOW = `huggins-window ${set.id}`;

class LabelPage {
  constructor() {
    this.outbox = new Outbox(place, labeller);
    this.plot = new LabelPlot(part("canvas"));
    this.plot.window = this.storedWindow();
    this.supply = new Supply({ place: here, dataset: set.dataset, outbox: this.outbox, windowOf: () => this.plot.window });
    this.neighbours = new Neighbours(part("neighbours"), place, set.dataset, () => (this.plot.whole ? null : this.plot.window));
    this.mine = new Map(); // position to {key, kind, label}: what I said last
    this.undone = []; // what can be undone, the last one at the end
    this.times = []; // of answers, for labels an hour
    this.opinion = !queue.blind;
  }

  storedWindow() {
    try {
      return JSON.parse(localStorage.getItem(WINDOW)) ?? queue.origin.window ?? null;
    } catch {
      return queue.origin.window ?? null;
    }
  }

  async begin() {
    this.prepareButtons();
    this.outbox.addEventListener("changed", () => this.showOutbox());
    this.outbox.addEventListener("sent", debounce(() => this.supply.prefetch(), 200));
    this.supply.addEventListener("ready", (event) => { if (event.detail.position === this.supply.current?.position) this.show(); });
    this.supply.addEventListener("taken", () => { part("canvas").dataset.ahead = this.supply.ahead; if (this.shown !== this.supply.current) this.show(); });
    this.supply.addEventListener("progress", (event) => this.showProgress(event.detail));
    this.plot.addEventListener("window", () => { try { localStorage.setItem(WINDOW, JSON.stringify(this.plot.window)); } catch { /* it is kept on this page */ } });
    addEventListener("beforeunload", (event) => { if (this.outbox.count) event.preventDefault(); });
    listen(`label_set:${set.id}`, debounce(() => this.follow(), 400));
    onKeys((name, value) => this.act(name, value));
    this.showProgress(progress);
    if (matchMedia("(max-width: 45rem)").matches) document.querySelector(".label-main").scrollIntoView();
    const waiting = this.outbox.waiting().map(([, event]) => event).filter((event) => event.queue === queue.id);
    this.outbox.flush();
    const done = answered(await this.ownItems(), waiting);
    for (const item of done) this.remember(item, item.mine);
    this.undone = done.map((item) => ({ item, key: item.mine.key, before: null }));
    await this.supply.begin(done);
    this.show();
    this.neighbours.begin();
  }

  async ownItems() {
    try {
      return (await ask(`${here}/own`)).items;
    } catch {
      return []; // it can be labelled all the same
    }
  }

  remember(item, said) {
    if (said) this.mine.set(item.position, said);
    else this.mine.delete(item.position);
  }

  act(name, value) {
    const started = performance.now();
    if (name === "label") this.label(set.classes[value]);
    else this[name]?.();
    if (["label", "accept", "skip", "unsure", "undo", "next", "previous"].includes(name)) this.started = started;
    this.measure();
  }

  // Saying something

  say(kind, more = {}) {
    const item = this.supply.current;
    if (!allowed || !item) return null;
    const shown = { opinion: this.opinion && item.opinion !== null, context: queue.origin.kind, window: this.plot.whole ? "whole" : this.plot.window };
    return this.outbox.add({ kind, row: item.row, queue: queue.id, shown, ...more });
  }

  answer(kind, label) {
    const item = this.supply.current;
    const comment = part("comment").value.trim();
    const said = this.say(kind, { label, comment });
    if (!said) return;
    part("comment").value = "";
    this.undone.push({ item, key: said.key, before: this.mine.get(item.position) ?? null });
    this.remember(item, { key: said.key, kind, label });
    this.times.push(Date.now());
    const known = this.supply.spectrum(item);
    if (known?.curve) this.neighbours.add(item.number, label, item.name, known.detail ?? known.curve);
    this.supply.answer(item);
    this.supply.step(1);
    this.show();
    announce(`${item.name}: ${label ?? kind}.`);
  }

  label(name) { if (name !== undefined) this.answer("label", name); }

  skip() { this.answer("skip"); }

  unsure() { this.answer("unsure"); }

  accept() {
    const label = this.supply.current?.opinion?.label;
    if (this.opinion && set.classes.includes(label)) this.label(label);
  }

  undo() {
    const last = this.undone.pop();
    if (!last || !allowed) { announce("There is nothing to undo."); return; }
    this.outbox.add({ kind: "undo", row: last.item.row, queue: queue.id, undoes: last.key, shown: {} });
    this.remember(last.item, last.before);
    this.times.pop();
    if (!last.before) { this.supply.reopen(last.item); this.neighbours.add(last.item.number, null); }
    else this.supply.reopen(last.item);
    this.show();
    announce(`Undone: ${last.item.name}.`);
  }

  comment() { part("comment").focus(); }

  sendComment() {
    const text = part("comment").value.trim();
    if (text && this.say("comment", { comment: text })) {
      part("comment").value = "";
      announce("The comment is kept.");
    }
    part("comment").blur();
  }

  // Looking

  next() { if (this.supply.step(1)) this.show(); }

  previous() { if (this.supply.step(-1)) this.show(); }

  window() { this.plot.toggleWhole(); this.showTools(); }

  closer() { this.plot.zoom(1.5); this.showTools(); }

  further() { this.plot.zoom(1 / 1.5); this.showTools(); }

  smooth() { this.plot.smoothing = SMOOTHINGS[(SMOOTHINGS.indexOf(this.plot.smoothing) + 1) % SMOOTHINGS.length]; this.plot.draw(); this.showTools(); }

  lines() { this.plot.lines = !this.plot.lines; this.plot.draw(); this.showTools(); }

  errors() { this.plot.errors = !this.plot.errors; this.plot.draw(); this.showTools(); }

  toggleOpinion() { this.opinion = !this.opinion; this.showOpinion(this.supply.current); this.showTools(); }

  help() { part("help").showModal(); }

  // What is on the page

  prepareButtons() {
    const labels = set.classes.map((name, index) => make("button", { type: "button", class: "button label-class", "data-class": name, "aria-pressed": "false", disabled: !allowed, onclick: () => this.act("label", index) },
      index < 20 ? make("kbd", {}, (index >= 10 ? "⇧" : "") + ((index + 1) % 10)) : null, make("span", { class: "break" }, name)));
    part("classes").replaceChildren(...labels);
    for (const one of document.querySelectorAll("[data-act]")) one.addEventListener("click", () => this.act(one.dataset.act));
    for (const [keys, meaning] of HELP) part("keys").append(make("dt", {}, make("kbd", {}, keys)), make("dd", {}, meaning));
    part("comment").addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); this.sendComment(); }
      if (event.key === "Escape") part("comment").blur();
    });
    const names = [["", "All in the queue"], ...set.classes.map((name) => [`label ${name}`, `Mine: ${name}`]), ["unsure", "Mine: unsure"], ["skip", "Mine: skipped"]];
    part("filter").replaceChildren(...names.map(([value, text]) => make("option", { value }, text)));
    part("filter").addEventListener("change", () => this.filter(part("filter").value));
    this.showTools();
  }

  async filter(wanted) {
    part("filter").blur();
    if (!wanted) this.supply.show(null);
    else {
      const own = await this.ownItems();
      const known = new Map(own.map((item) => [item.position, item]));
      for (const item of this.supply.items) known.set(item.position, item);
      const said = (item) => this.mine.get(item.position);
      this.supply.show([...known.values()].filter((item) => said(item) && (wanted === said(item).kind || wanted === `label ${said(item).label}`)));
    }
    this.show();
  }

  show() {
    const item = this.supply.current;
    this.shown = item;
    const known = this.supply.spectrum(item);
    part("name").textContent = item ? item.name : this.supply.ended || this.supply.kept ? "Nothing more to label" : "…";
    part("place").textContent = item ? `${item.position + 1} of ${count(queue.rows)}` : "";
    const waiting = item ? "Loading the spectrum…" : this.supply.problem || (this.supply.ended ? "Everything here is labelled, or somebody else has it." : "Taking the next spectra…");
    this.plot.show(known?.curve ? known : null, known?.reason ?? waiting);
    part("canvas").dataset.drawn = known ? item.name : "";
    part("canvas").dataset.ahead = this.supply.ahead;
    this.measure();
    part("canvas").setAttribute("aria-label", item ? `Spectrum of ${item.name}` : waiting);
    part("classes").querySelectorAll("button").forEach((one) => one.setAttribute("aria-pressed", String(Boolean(item) && this.mine.get(item.position)?.label === one.dataset.class)));
    const said = item && this.mine.get(item.position);
    part("said").textContent = said ? `You said: ${said.label ?? said.kind}` : "";
    part("done").hidden = Boolean(item);
    this.showOpinion(item);
    requestAnimationFrame(() => setTimeout(() => this.showMore(item, known), 0)); // after the spectrum is on the screen
  }

  /** Measures the time from a key to the next spectrum on the screen, also where it had to be waited for. */
  measure() {
    const start = this.started;
    if (start === undefined || !this.supply.spectrum(this.supply.current)) return;
    this.started = undefined;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => performance.measure("label-next", { start, end: performance.now() });
      channel.port2.postMessage(null);
    });
  }

  showMore(item, known) {
    if (item !== this.supply.current) return;
    part("facts").replaceChildren(...(known?.spectrum ? facts(known.spectrum) : []));
    if (known?.curve && this.supply.ahead > 0) this.neighbours.show(item.number, this.plot.curve ?? known.curve);
    this.showSpeed();
  }

  showOpinion(item) {
    const opinion = item?.opinion;
    const box = part("opinion");
    box.hidden = !opinion;
    if (!opinion) return;
    if (opinion.models) {
      const told = opinion.models.map((one, at) => `${at ? "model" : "Model"} ${at + 1} says ${one.label}${one.probability === null ? "" : ` (${(100 * one.probability).toFixed(0)} %)`}`);
      box.textContent = this.opinion ? told.join(", ") : "The models' opinions are hidden: m shows them";
      return;
    }
    const known = Object.entries(opinion.probabilities ?? {}).sort(([, a], [, b]) => b - a).slice(0, 3).map(([name, p]) => `${name} ${(100 * p).toFixed(0)} %`).join(", ");
    box.textContent = this.opinion ? `The model says ${opinion.label ?? "nothing"}${known ? ` (${known})` : ""}` : "The model's opinion is hidden: m shows it";
  }

  showTools() {
    const pressed = { window: this.plot.whole, smooth: this.plot.smoothing > 0, lines: this.plot.lines, errors: this.plot.errors, opinion: this.opinion };
    for (const [name, on] of Object.entries(pressed)) document.querySelector(`[data-act="${name === "opinion" ? "toggleOpinion" : name}"]`)?.setAttribute("aria-pressed", String(on));
  }

  showSpeed() {
    const recent = this.times.slice(-60);
    const span = (recent.at(-1) - recent[0]) / 3600000;
    part("speed").textContent = recent.length > 4 && span > 0 ? `${count((recent.length - 1) / span)} an hour` : "";
  }

  showOutbox() {
    const waiting = this.outbox.count;
    part("outbox").hidden = !this.outbox.trouble || !waiting;
    part("outbox-text").textContent = waiting ? `${plural(waiting, "label")} not sent yet. ${this.outbox.trouble}` : "";
    part("unsent").textContent = waiting ? `${count(waiting)} unsent` : "all sent";
    const rejected = this.outbox.rejected();
    part("rejected").hidden = !rejected.length;
    part("rejected-list").replaceChildren(...rejected.slice(0, 50).map((event) => make("li", {}, `${event.label ?? event.kind} for spectrum ${event.row}: ${event.reason}`)));
    part("forget").onclick = () => this.outbox.forgetRejected();
  }

  async follow() {
    try { this.showProgress(await ask(`${here}/progress`)); } catch { /* the next event tells */ }
  }

  showProgress(found) {
    part("bar").value = found.total ? found.done / found.total : 0;
    part("progress").textContent = `${count(found.done)} of ${count(found.total)}`;
    part("people").replaceChildren(...found.labellers.map((one) => make("li", {}, make("strong", {}, one.labeller === labeller ? "you" : one.labeller), ` ${count(one.done)}`, make("span", { class: "muted" }, one.last_hour ? `, ${count(one.last_hour)} in the last hour` : ""))));
  }
}

function announce(text) { part("spoken").textContent = text; }

const page = new LabelPage();
await page.begin();
