// Uploads files and folders to a dataset with bounded concurrency and progress per file. Failed files can be retried,
// files that exist on the server are skipped, and an interrupted upload can be resumed.
import { button, icon, make } from "./dom.js";
import { Problem, ask } from "./http.js";
import { count, plural, size } from "./humanise.js";
import { toast } from "./notices.js";

const AT_ONCE = 4;
const HASHED = 64 * 2 ** 20; // bytes of a file that are compared by hash; larger ones by size
const SHOWN = 200; // lines in the list; all files are sent

/** Returns all dropped files with their relative paths. */
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
  for (;;) { // readEntries returns at most a hundred entries at a time
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return;
    for (const each of some) await walk(each, found);
  }
}

function put(url, file, progress) { // fetch does not report upload progress; XMLHttpRequest does
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded); };
    request.onload = () => {
      if (request.status < 300) { done(); return; }
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* no JSON: the status is sufficient */ }
      failed(new Problem(answer, request.status));
    };
    request.onerror = () => failed(new Problem({ detail: "Connection lost." }, 0));
    request.send(file);
  });
}

/** Returns the files of an incomplete upload, by path. */
async function filesThere(dataset) {
  const there = new Map();
  for (let after = ""; after !== null;) {
    const { files, next } = await ask(`/data/${dataset}/files?after=${encodeURIComponent(after)}`);
    for (const file of files) if (file.state !== "uploading") there.set(file.path, file);
    after = next;
  }
  return there;
}

async function isSame(file, there) {
  if (file.size !== there.size) return false;
  if (!globalThis.crypto?.subtle || !there.sha256 || file.size > HASHED) return true; // crypto.subtle requires https or localhost: compare sizes only
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") === there.sha256;
}

class Upload {
  constructor(box) {
    this.box = box;
    this.queue = [];
    this.failed = [];
    Object.assign(this, { count: 0, sent: 0, there: 0, bytes: 0, total: 0, running: 0, rest: 0 });
    this.status = box.querySelector("[data-status]");
    this.foot = box.querySelector("[data-after]");
    this.bar = box.querySelector("progress");
    this.list = box.querySelector("[data-files]");
    this.name = box.querySelector("[name=name]");
    this.kind = box.querySelector("[name=kind]");
    this.project = box.querySelector("[name=project]");
    this.dataset = box.dataset.dataset || null;
    this.resumes = box.dataset.resumes !== undefined;
  }

  get open() { return !this.closed && this.running + this.queue.length + this.failed.length > 0; }

  async add(files) {
    if (!files.length) { toast("The dropped items contain no files.", "error"); return; }
    this.box.querySelector("[data-sending]").hidden = false;
    try {
      if (!this.dataset) await this.begin(files[0]);
      else if (this.resumes) files = await this.missing(files);
    } catch (problem) {
      this.status.textContent = problem.message;
      toast(problem.message, "error");
      return;
    }
    for (const { file, path } of files) {
      this.total += file.size;
      this.queue.push({ file, path, done: 0, line: this.list.childElementCount < SHOWN ? this.line(path, file.size) : null });
    }
    this.count += files.length;
    this.go();
  }

  async begin({ file, path }) {
    const folder = path.includes("/") ? path.split("/")[0] : file.name;
    const project = this.project?.value; // for people who have projects
    const body = { name: this.name?.value.trim() || folder, kind: this.kind?.value || "spectra", ...(project && { project }) };
    const { dataset } = await ask("/data", { method: "POST", body });
    this.dataset = dataset.id;
    this.resumes = true;
    history.replaceState(null, "", `/data/${dataset.id}`); // after a reload the upload continues on that page
  }

  async missing(files) {
    this.status.textContent = "Checking for files that are already uploaded…";
    const there = await filesThere(this.dataset);
    const left = [];
    for (const one of files) {
      const known = there.get(one.path);
      if (known && await isSame(one.file, known)) this.there += 1; else left.push(one);
    }
    return left;
  }

  line(path, bytes) {
    const state = make("span", { class: "small muted" }, size(bytes));
    const item = make("li", {}, make("span", { title: path }, path), state);
    this.list.append(item);
    return { item, state };
  }

  go() {
    while (this.running < AT_ONCE && this.queue.length && !this.broken) this.send(this.queue.shift());
    this.tell();
    if (!this.running && this.broken) this.wait();
    else if (!this.running && !this.queue.length) this.finish();
  }

  async send(entry) {
    this.running += 1;
    const address = entry.path.split("/").map(encodeURIComponent).join("/");
    const moved = (loaded) => { this.bytes += loaded - entry.done; entry.done = loaded; this.tell(); };
    try {
      await put(`/data/${this.dataset}/files/${address}`, entry.file, moved);
      moved(entry.file.size);
      this.sent += 1;
      this.rest = 0;
      entry.line?.state.replaceChildren(icon("check"), " sent");
    } catch (problem) {
      moved(0);
      if (problem.status === 0) { this.queue.unshift(entry); this.broken = true; } else this.fail(entry, problem.message);
    }
    this.running -= 1;
    this.go();
  }

  fail(entry, reason) {
    this.failed.push(entry);
    entry.line ??= this.line(entry.path, entry.file.size);
    entry.line.state.className = "small field-error";
    entry.line.state.textContent = reason;
  }

  /** After a lost connection the files wait and are sent automatically. */
  wait() {
    this.rest = Math.min(Math.max(2 * this.rest, 2), 30);
    const again = () => { clearTimeout(timer); this.foot.replaceChildren(); this.broken = false; this.go(); };
    const timer = setTimeout(again, this.rest * 1000);
    this.status.textContent = `Connection lost with ${plural(this.queue.length, "file")} to go; sent files are kept. Retrying in ${this.rest} s.`;
    this.foot.replaceChildren(button("Retry now", again, { kind: "main" }));
  }

  tell() {
    this.bar.max = Math.max(this.total, 1);
    this.bar.value = this.bytes;
    const known = this.there ? `; ${count(this.there)} already uploaded` : "";
    this.status.textContent = `${count(this.sent)} of ${plural(this.count, "file")} sent, ${size(this.bytes)} of ${size(this.total)}${known}`;
  }

  async finish() {
    if (!this.failed.length) { await this.close(); return; }
    this.status.textContent = `${plural(this.failed.length, "file")} could not be sent; the reasons are below. All other files are uploaded.`;
    this.foot.replaceChildren(button("Retry failed files", () => this.again(), { kind: "main" }), button("Continue without them", () => this.close()));
  }

  again() {
    this.foot.replaceChildren();
    this.queue = this.failed;
    this.failed = [];
    for (const entry of this.queue) { entry.line.state.className = "small muted"; entry.line.state.textContent = size(entry.file.size); }
    this.go();
  }

  async close() {
    try {
      await ask(`/data/${this.dataset}/done`, { method: "POST" });
      this.closed = true;
      location.href = `/data/${this.dataset}`;
    } catch (problem) {
      this.status.textContent = problem.message;
      this.foot.replaceChildren(button("Retry", () => this.close(), { kind: "main" }));
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
  addEventListener("beforeunload", (event) => { if (upload.open) event.preventDefault(); });
}
