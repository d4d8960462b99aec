// The command palette (Ctrl-K): go to a page or to anything one may see, or do something, by its name.
import { ask } from "./http.js";
import { debounce, make } from "./dom.js";

const pages = () => [...document.querySelectorAll(".top nav a, .top a.button, .foot a[data-palette]")].map((link) => ({ kind: "page", title: link.textContent.trim(), address: link.getAttribute("href"), note: "" }));
const actions = [
  { kind: "action", title: "Upload spectra", address: "/data#upload", note: "new dataset" },
  { kind: "action", title: "Switch between light and dark", run: () => document.querySelector("[data-theme-switch]").click(), note: "" },
  { kind: "action", title: "Keys of the pages", address: "/docs/keyboard", note: "keyboard" },
];
const trainings = (found) => found.filter(({ kind }) => kind === "module").map((one) => ({ kind: "action", title: `Train ${one.title}`, address: `${one.address}/train`, note: "" }));

class Palette {
  constructor() {
    this.input = make("input", { class: "input", type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list", "aria-label": "Search everything", placeholder: "Go to, or do …", autocomplete: "off", spellcheck: "false" });
    this.list = make("ul", { id: "palette-list", role: "listbox", "aria-label": "What fits" });
    this.told = make("p", { class: "small muted", role: "status" });
    this.dialog = make("dialog", { class: "palette", "aria-label": "Search everything" }, this.input, this.list, this.told);
    document.body.append(this.dialog);
    this.input.addEventListener("input", () => { this.show(this.own()); this.look(); });
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => { const row = event.target.closest("li"); if (row) this.choose(Number(row.dataset.at), event.ctrlKey || event.metaKey); });
    this.dialog.addEventListener("click", (event) => { if (event.target === this.dialog) this.dialog.close(); });
    this.look = debounce(() => this.find(), 150);
    this.asked = 0;
  }

  open() {
    this.input.value = "";
    this.show(this.own());
    this.dialog.showModal();
    this.input.focus();
  }

  /** Pages and actions whose names hold all words. */
  own() {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    return [...pages(), ...actions].filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)));
  }

  async find() {
    const q = this.input.value.trim();
    const mine = (this.asked += 1);
    if (!q) return;
    try {
      const { found } = await ask(`/find?q=${encodeURIComponent(q)}`);
      if (mine === this.asked) this.show([...this.own(), ...found, ...trainings(found)]);
    } catch (problem) {
      if (mine === this.asked) this.told.textContent = problem.message;
    }
  }

  show(rows) {
    this.rows = rows;
    this.list.replaceChildren(...rows.map((row, at) => make("li", { role: "option", id: `palette-${at}`, "data-at": at },
      make("span", { class: "badge" }, row.kind), make("span", { class: "clip" }, row.title), make("span", { class: "small muted clip" }, row.note))));
    this.told.textContent = rows.length ? "" : "Nothing fits; Enter searches the guides.";
    this.mark(0);
  }

  mark(at) {
    this.at = Math.min(Math.max(at, 0), this.rows.length - 1);
    [...this.list.children].forEach((row, number) => row.setAttribute("aria-selected", String(number === this.at)));
    this.list.children[this.at]?.scrollIntoView({ block: "nearest" });
    if (this.rows.length) this.input.setAttribute("aria-activedescendant", `palette-${this.at}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (event.key === "ArrowDown") this.mark(this.at + 1);
    else if (event.key === "ArrowUp") this.mark(this.at - 1);
    else if (event.key === "Enter") this.choose(this.at, event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
  }

  choose(at, apart) {
    const row = this.rows[at] ?? { address: `/docs?q=${encodeURIComponent(this.input.value)}` };
    this.dialog.close();
    if (row.run) row.run();
    else if (apart) open(row.address, "_blank", "noopener");
    else location.href = row.address;
  }
}

let palette;
export function openPalette() {
  palette ??= new Palette();
  palette.open();
}
