// Hands out the spectra of a queue: taken from the platform some at a time, with their curves fetched ahead, so
// that the next one is there when a key is pressed, and labelling goes on while the connection is away.
import { ask } from "../http.js";

const AHEAD = 24; // spectra that are held: enough for a while without a connection
const AT_ONCE = 2; // requests for curves at the same time, the next ones first
const TOGETHER = 8; // curves of one request: a request costs the platform more than a curve
const MOST = 50; // that the platform hands out
const PAUSE = 300; // ms before the platform is asked again where it had nothing new
const PAUSE_AWAY = 2000; // and where it did not answer
const KEPT = 400; // curves that are remembered, for going back and for neighbours
const GONE = "This spectrum has left the dataset: it cannot be shown. What you say of it is kept.";

export class Supply extends EventTarget {
  constructor({ place, dataset, outbox, windowOf }) {
    super();
    Object.assign(this, { place, dataset, outbox, windowOf });
    this.items = []; // visited ones and those ahead, in order
    this.at = 0;
    this.answered = new Set(); // positions
    this.coming = new Set(); // positions that are being fetched
    this.ready = new Map(); // position to the spectrum
    this.fetching = 0;
    this.pause = 0; // ms to wait before the next take
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
    this.pause = 0;
    try {
      const count = Math.min(MOST, AHEAD + this.outbox.count);
      const answer = await ask(`${this.place}/take`, { method: "POST", body: { count } });
      const known = new Set(this.items.map((item) => item.position));
      const fresh = answer.items.filter((item) => !known.has(item.position) && !this.answered.has(item.position));
      this.items.push(...fresh);
      this.problem = "";
      // Fewer than were asked for, and none of them new: where enough are ahead already, none is new either.
      this.ended = answer.items.length < count && fresh.length === 0 && this.outbox.count === 0;
      if (!fresh.length) this.pause = PAUSE; // until the outbox is empty, or others are done
      this.dispatchEvent(new CustomEvent("progress", { detail: answer.progress }));
    } catch (problem) {
      this.problem = problem.message;
      this.pause = PAUSE_AWAY;
    } finally {
      this.taking = false;
    }
    if (this.pause && !this.ended) {
      clearTimeout(this.again);
      this.again = setTimeout(() => { this.pause = 0; this.prefetch(); }, this.pause);
    }
    this.prefetch();
    this.dispatchEvent(new Event("taken"));
  }

  prefetch() {
    // A request that fails at once, as while the platform is away, must not be repeated at once.
    if (!this.kept && this.ahead < (2 * AHEAD) / 3 && !this.ended && !this.pause) this.take();
    const first = Math.max(0, this.at - 1);
    const [before, ...ahead] = this.items.slice(first, this.at + AHEAD);
    const wanted = [...ahead, before].filter((item) => item && !this.coming.has(item.position) && !this.ready.has(item.position));
    const missing = !this.spectrum(this.current);
    for (let start = 0; start < wanted.length && this.fetching < AT_ONCE;) {
      const some = wanted.slice(start, start + (missing && start === 0 ? 1 : TOGETHER)); // what is waited for comes alone, so sooner
      start += some.length;
      this.fetch(some);
    }
  }

  async fetch(some) {
    this.fetching += 1;
    for (const item of some) this.coming.add(item.position);
    try {
      const found = await this.load(some);
      for (const item of some) this.ready.set(item.position, found.get(item.number) ?? { reason: GONE });
      this.forget();
      setTimeout(() => this.prefetch(), 0);
    } catch {
      clearTimeout(this.later);
      this.later = setTimeout(() => this.prefetch(), 1500); // it is tried again
    } finally {
      this.fetching -= 1;
      for (const item of some) this.coming.delete(item.position);
      for (const item of some) this.dispatchEvent(new CustomEvent("ready", { detail: item }));
    }
  }

  /** Returns spectra by their numbers in the dataset, with why some cannot be shown. */
  async load(some) {
    const numbers = some.map((item) => item.number).filter((number) => number !== null);
    if (!numbers.length) return new Map();
    const address = `/data/${this.dataset}/plot?numbers=${numbers.join(",")}&errors=true`;
    try {
      const { curves, rejected } = await ask(`${address}&facts=true&points=4000`);
      const found = new Map(curves.map((curve) => [curve.number, { spectrum: curve.spectrum, curve, detail: null }]));
      for (const one of rejected) found.set(one.number, { reason: one.reason });
      const window = this.windowOf();
      if (window && curves.some((curve) => curve.shown < curve.points)) {
        const detailed = await ask(`${address}&points=2000&minimum=${window[0]}&maximum=${window[1]}`);
        for (const detail of detailed.curves) if (found.get(detail.number)?.curve) found.get(detail.number).detail = detail;
      }
      return found;
    } catch (problem) {
      if (problem.status === 0 || problem.status >= 500) throw problem;
      return new Map(numbers.map((number) => [number, { reason: problem.message }]));
    }
  }

  forget() {
    while (this.ready.size > KEPT) {
      const [oldest] = this.ready.keys();
      this.ready.delete(oldest);
    }
  }
}
