// Files and folders to a dataset: dropped or chosen, sent one by one with bounded concurrency, each with its progress;
// what fails can be tried again, what is there already is not sent twice, and nothing is lost when the page is left.
import { button, icon, make } from "./dom.js";
import { Problem, ask } from "./http.js";
import { plural, size } from "./humanise.js";
import { toast } from "./notices.js";

const AT_ONCE = 4;
const SHOWN = 200; // lines in the list; all files are sent

/** All files of a drop, with their paths below what was dropped. */
export async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry, found) {
  const path = entry.fullPath.replace(/^\//, "");
  if (path.split("/").some((part) => part.startsWith("."))) return;
  if (entry.isFile) {
    found.push({ file: await new Promise((done, failed) => entry.file(done, failed)), path });
    return;
  }
  const reader = entry.createReader();
  for (;;) { // a folder gives its entries a hundred at a time
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return;
    for (const each of some) await walk(each, found);
  }
}

function put(url, file, progress) { // fetch cannot tell how far an upload is; XMLHttpRequest can
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded); };
    request.onload = () => {
      if (request.status < 300) { done(); return; }
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* no JSON: the status says enough */ }
      failed(new Problem(answer, request.status));
    };
    request.onerror = () => failed(new Problem({ detail: "The connection broke." }, 0));
    request.send(file);
  });
}

class Upload {
  constructor(box) {
    this.box = box;
    this.queue = [];
    this.failed = [];
    this.sent = 0;
    this.bytes = 0;
    this.total = 0;
    this.running = 0;
    this.status = box.querySelector("[data-status]");
    this.bar = box.querySelector("progress");
    this.list = box.querySelector("[data-files]");
    this.name = box.querySelector("[name=name]");
    this.dataset = box.dataset.dataset || null;
  }

  async add(files) {
    if (!files.length) { toast("There was no file in what you dropped.", "error"); return; }
    try {
      if (!this.dataset) {
        const folder = files[0].path.includes("/") ? files[0].path.split("/")[0] : files[0].file.name;
        const { dataset } = await ask("/data", { method: "POST", body: { name: this.name?.value.trim() || folder } });
        this.dataset = dataset.id;
      }
    } catch (problem) {
      toast(problem.message, "error");
      return;
    }
    for (const { file, path } of files) {
      this.total += file.size;
      this.queue.push({ file, path, done: 0, line: this.list.childElementCount < SHOWN ? this.line(path, file.size) : null });
    }
    this.count = (this.count ?? 0) + files.length;
    this.box.querySelector("[data-sending]").hidden = false;
    this.go();
  }

  line(path, bytes) {
    const state = make("span", { class: "small muted" }, size(bytes));
    const item = make("li", {}, make("span", { title: path }, path), make("span"), state);
    this.list.append(item);
    return { item, state };
  }

  go() {
    while (this.running < AT_ONCE && this.queue.length) this.send(this.queue.shift());
    this.tell();
    if (!this.running && !this.queue.length) this.finish();
  }

  async send(entry) {
    this.running += 1;
    const address = entry.path.split("/").map(encodeURIComponent).join("/");
    const moved = (loaded) => { this.bytes += loaded - entry.done; entry.done = loaded; this.tell(); };
    try {
      await put(`/data/${this.dataset}/files/${address}`, entry.file, moved);
      moved(entry.file.size);
      this.sent += 1;
      entry.line?.state.replaceChildren(icon("check"), " sent");
    } catch (problem) {
      moved(0);
      this.failed.push(entry);
      entry.line?.state.replaceChildren(problem.message);
      entry.line ??= this.line(entry.path, entry.file.size);
      entry.line.item.lastChild.className = "small field-error";
      entry.line.item.lastChild.textContent = problem.message;
    }
    this.running -= 1;
    this.go();
  }

  tell() {
    this.bar.max = Math.max(this.total, 1);
    this.bar.value = this.bytes;
    this.status.textContent = `${this.sent} of ${plural(this.count ?? 0, "file")} sent, ${size(this.bytes)} of ${size(this.total)}`;
  }

  async finish() {
    const foot = this.box.querySelector("[data-after]");
    if (this.failed.length) {
      this.status.textContent = `${plural(this.failed.length, "file")} could not be sent; the others are safe.`;
      foot.replaceChildren(button("Try those again", () => { this.queue = this.failed; this.failed = []; foot.replaceChildren(); this.go(); }, { kind: "main" }),
        button("Go on without them", () => this.close()));
      return;
    }
    await this.close();
  }

  async close() {
    try {
      await ask(`/data/${this.dataset}/done`, { method: "POST" });
      this.closed = true;
      location.href = `/data/${this.dataset}`;
    } catch (problem) {
      toast(problem.message, "error");
    }
  }
}

export function prepareDrop(box, take) {
  let inside = 0;
  box.addEventListener("dragenter", (event) => { event.preventDefault(); inside += 1; box.dataset.over = ""; });
  box.addEventListener("dragleave", () => { inside -= 1; if (!inside) delete box.dataset.over; });
  box.addEventListener("dragover", (event) => event.preventDefault());
  box.addEventListener("drop", async (event) => {
    event.preventDefault();
    inside = 0;
    delete box.dataset.over;
    take(await filesOf(event.dataTransfer));
  });
  for (const input of box.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      const files = [...input.files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
      input.value = "";
      take(files.filter(({ path }) => !path.split("/").some((part) => part.startsWith("."))));
    });
  }
  for (const opener of box.querySelectorAll("[data-choose]")) {
    opener.addEventListener("click", () => box.querySelector(`#${opener.dataset.choose}`).click());
  }
}

for (const box of document.querySelectorAll("[data-upload]")) {
  const upload = new Upload(box);
  prepareDrop(box.querySelector(".drop"), (files) => upload.add(files));
  addEventListener("beforeunload", (event) => { if (upload.running && !upload.closed) event.preventDefault(); });
}
