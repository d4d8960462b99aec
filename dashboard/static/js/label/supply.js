// Hands out the spectra of a queue: taken from the platform some at a time, with their curves fetched ahead, so
// that the next one is there when a key is pressed, and labelling goes on while the connection is away.
import { ask } from "../http.js";

const AHEAD = 24; // spectra that are held: enough for a while without a connection
const AT_ONCE = 3; // curves that are fetched at the same time, the next ones first
const MOST = 50; // that the platform hands out
const KEPT = 400; // curves that are remembered, for going back and for neighbours

export class Supply extends EventTarget {
  constructor({ place, dataset, outbox, windowOf }) {
    super();
    Object.assign(this, { place, dataset, outbox, windowOf });
    this.items = []; // visited ones and those ahead, in order
    this.at = 0;
    this.answered = new Set(); // positions
    this.curves = new Map(); // position to a promise of the spectrum
    this.ready = new Map(); // position to the spectrum itself
    this.fetching = 0;
    this.ended = false;
    this.problem = "";
  }

  get current() { return this.items[this.at] ?? null; }

  spectrum(item) { return item ? this.ready.get(item.position) : undefined; }

  /** What was labelled before this page was opened comes first, so that one can go back. */
  begin(done) {
    for (const item of done) { this.items.push(item); this.answered.add(item.position); }
    this.at = this.items.length;
    return this.take();
  }

  /** Walk through these only (a filter); null: the queue again. */
  show(items) {
    this.kept ??= { items: this.items, at: this.at };
    if (items) {
      this.items = items;
      this.at = 0;
    } else {
      ({ items: this.items, at: this.at } = this.kept);
      this.kept = null;
      while (this.current && this.answered.has(this.current.position)) this.at += 1;
    }
    this.prefetch();
  }

  step(by) {
    const to = Math.min(Math.max(this.at + by, 0), this.items.length);
    if (to === this.at) return false;
    this.at = to;
    this.prefetch();
    return true;
  }

  answer(item) { this.answered.add(item.position); }

  reopen(item) {
    this.answered.delete(item.position);
    const at = this.items.findIndex((one) => one.position === item.position);
    if (at >= 0) this.at = at;
  }

  get ahead() { return this.items.length - this.at; }

  /** Asks for more where few are ahead; what waits in the outbox is still handed out, and passed over. */
  async take() {
    if (this.taking || this.kept) return;
    this.taking = true;
    try {
      const count = Math.min(MOST, AHEAD + this.outbox.count);
      const answer = await ask(`${this.place}/take`, { method: "POST", body: { count } });
      const known = new Set(this.items.map((item) => item.position));
      const fresh = answer.items.filter((item) => !known.has(item.position) && !this.answered.has(item.position));
      this.items.push(...fresh);
      this.problem = "";
      this.ended = fresh.length === 0 && this.outbox.count === 0;
      this.dispatchEvent(new CustomEvent("progress", { detail: answer.progress }));
    } catch (problem) {
      this.problem = problem.message;
      setTimeout(() => this.take(), 2000);
    } finally {
      this.taking = false;
    }
    this.prefetch();
    this.dispatchEvent(new Event("taken"));
  }

  prefetch() {
    if (!this.kept && this.ahead < AHEAD / 2 && !this.ended) this.take();
    const wanted = this.items.slice(Math.max(0, this.at - 1), this.at + AHEAD);
    for (const item of [...wanted.slice(1), wanted[0]]) {
      if (!item || this.curves.has(item.position) || this.fetching >= AT_ONCE) continue;
      this.fetching += 1;
      const coming = this.load(item);
      this.curves.set(item.position, coming);
      coming.then((spectrum) => { this.ready.set(item.position, spectrum); this.forget(); }, () => { this.curves.delete(item.position); setTimeout(() => this.prefetch(), 1500); })
        .finally(() => { this.fetching -= 1; this.dispatchEvent(new CustomEvent("ready", { detail: item })); if (this.ready.has(item.position)) this.prefetch(); });
    }
  }

  async load(item) {
    if (item.number === null) return { reason: "This spectrum has left the dataset: it cannot be shown. What you say of it is kept." };
    const address = `/data/${this.dataset}/spectra/${item.number}`;
    try {
      const found = await ask(`${address}?points=4000`);
      const window = this.windowOf();
      let detail = null;
      if (window && found.curve.shown < found.curve.points) {
        detail = (await ask(`${address}?points=2000&minimum=${window[0]}&maximum=${window[1]}`)).curve;
      }
      return { spectrum: found.spectrum, curve: found.curve, detail };
    } catch (problem) {
      if (problem.status === 0 || problem.status >= 500) throw problem; // it is tried again
      return { reason: problem.message };
    }
  }

  forget() {
    while (this.ready.size > KEPT) {
      const [oldest] = this.ready.keys();
      this.ready.delete(oldest);
      this.curves.delete(oldest);
    }
  }
}
