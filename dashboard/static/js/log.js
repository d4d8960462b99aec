// Live log of a job with search; each byte is requested once.
import { make } from "./dom.js";
import { ask } from "./http.js";
import { listen } from "./live.js";

const TAIL = 262144; // bytes of a long log that are shown initially
const KEPT = 4_000_000; // characters kept in the page

export class Log {
  constructor(box) {
    this.box = box;
    this.view = box.querySelector(".log");
    this.follow = box.querySelector("[name=follow]");
    this.search = box.querySelector("[type=search]");
    this.found = box.querySelector("[data-found]");
    this.text = "";
    this.from = -TAIL;
    this.search.addEventListener("input", () => this.draw());
    this.follow.addEventListener("change", () => this.draw());
    this.view.addEventListener("wheel", () => { if (this.view.scrollTop + this.view.clientHeight < this.view.scrollHeight - 40) this.follow.checked = false; }, { passive: true });
    listen(`job:${box.dataset.log}`, (event) => { if (["log", "phase", "resync"].includes(event.kind)) this.more(); });
    this.more();
  }

  async more() {
    if (this.asking) { this.again = true; return; }
    this.asking = true;
    try {
      for (;;) {
        this.again = false;
        const part = await ask(`/jobs/${this.box.dataset.log}/log?from=${this.from}`);
        if (this.from < 0 && part.start > 0) this.text = `… ${part.start} bytes before this are in the download …\n`;
        this.text = (this.text + part.text).slice(-KEPT);
        this.from = part.end;
        if (part.text || !this.drawn) this.draw();
        if (part.end >= part.size && !this.again) break;
      }
    } catch (problem) {
      this.view.textContent = problem.message;
    } finally {
      this.asking = false;
    }
  }

  draw() {
    this.drawn = true;
    const word = this.search.value.trim().toLowerCase();
    const plain = this.text.replace(/\u001b\[[0-9;]*[A-Za-z]/g, "");
    if (!word) {
      this.view.textContent = plain || "The log is empty.";
      this.found.textContent = "";
    } else {
      const lines = plain.split("\n").filter((line) => line.toLowerCase().includes(word));
      this.found.textContent = `${lines.length} lines`;
      this.view.replaceChildren(...lines.slice(-2000).flatMap((line) => [...marked(line, word), "\n"]));
    }
    if (this.follow.checked) this.view.scrollTop = this.view.scrollHeight;
  }
}

function marked(line, word) {
  const parts = [];
  let rest = 0;
  for (let at = line.toLowerCase().indexOf(word); at >= 0; at = line.toLowerCase().indexOf(word, rest)) {
    parts.push(line.slice(rest, at), make("mark", {}, line.slice(at, at + word.length)));
    rest = at + word.length;
  }
  return [...parts, line.slice(rest)];
}

for (const box of document.querySelectorAll("[data-log]")) new Log(box);
