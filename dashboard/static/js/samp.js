// Sends tables and spectra to programs such as TOPCAT and Aladin, and takes rows that they highlight or select.
// The Web profile of SAMP 1.3 (IVOA): XML-RPC with a hub that runs on this person's machine, and asks them first.
import { button, make } from "./dom.js";
import { ask } from "./http.js";
import { toast } from "./notices.js";

const HUB = "http://localhost:21012/";
const PULL_S = 20;
const TABLES = "table.load.votable";
const SPECTRA = "spectrum.load.ssa-generic";
let connection = null;

/** A value as an XML-RPC element: SAMP knows strings, lists and maps. */
function packed(document, value) {
  const element = document.createElement("value");
  if (Array.isArray(value)) {
    const data = document.createElement("data");
    data.append(...value.map((one) => packed(document, one)));
    const array = document.createElement("array");
    array.append(data);
    element.append(array);
  } else if (typeof value === "object") {
    const struct = document.createElement("struct");
    for (const [key, one] of Object.entries(value)) {
      const member = document.createElement("member");
      const name = document.createElement("name");
      name.textContent = key;
      member.append(name, packed(document, one));
      struct.append(member);
    }
    element.append(struct);
  } else {
    const text = document.createElement("string");
    text.textContent = String(value);
    element.append(text);
  }
  return element;
}

/** The value of an XML-RPC element. */
function unpacked(element) {
  const inner = element.firstElementChild;
  if (!inner) return element.textContent;
  if (inner.tagName === "array") return [...inner.querySelectorAll(":scope > data > value")].map(unpacked);
  if (inner.tagName !== "struct") return inner.textContent;
  const member = (one, tag) => one.querySelector(`:scope > ${tag}`);
  return Object.fromEntries([...inner.querySelectorAll(":scope > member")].map((one) => [member(one, "name").textContent, unpacked(member(one, "value"))]));
}

async function call(method, ...given) {
  const body = document.implementation.createDocument(null, "methodCall");
  const name = body.createElement("methodName");
  name.textContent = `samp.webhub.${method}`;
  const parameters = body.createElement("params");
  for (const value of given) {
    const parameter = body.createElement("param");
    parameter.append(packed(body, value));
    parameters.append(parameter);
  }
  body.documentElement.append(name, parameters);
  const sent = new XMLSerializer().serializeToString(body);
  const response = await fetch(HUB, { method: "POST", headers: { "Content-Type": "text/xml" }, body: `<?xml version="1.0"?>${sent}`, credentials: "omit" });
  const answer = new DOMParser().parseFromString(await response.text(), "text/xml");
  const fault = answer.querySelector("fault > value");
  if (fault) throw new Error(unpacked(fault).faultString || "The hub rejected the call.");
  const value = answer.querySelector("params > param > value");
  return value ? unpacked(value) : "";
}

async function connect() {
  if (connection) return connection;
  const registered = await call("register", { "samp.name": "Huggins" });
  const key = registered["samp.private-key"];
  connection = { key };
  await call("declareMetadata", key, { "samp.name": "Huggins", "samp.description.text": document.title });
  await call("allowReverseCallbacks", key, "1");
  await call("declareSubscriptions", key, { "table.highlight.row": {}, "table.select.rowList": {}, "samp.hub.event.shutdown": {} });
  addEventListener("pagehide", () => call("unregister", key).catch(() => {}));
  pull(key);
  return connection;
}

/** Takes what other programs send, until the hub is gone. */
async function pull(key) {
  while (connection) {
    let callbacks;
    try {
      callbacks = await call("pullCallbacks", key, String(PULL_S));
    } catch {
      connection = null;
      return;
    }
    for (const { "samp.methodName": method, "samp.params": given } of callbacks) {
      const message = given[method.endsWith("receiveCall") ? 2 : 1];
      if (message) receive(message["samp.mtype"], message["samp.params"] || {});
      if (method.endsWith("receiveCall")) call("reply", key, given[1], { "samp.status": "samp.ok", "samp.result": {} }).catch(() => {});
    }
  }
}

/** Rows of the table that this page sent: highlighted ones are shown, selected ones are checked. */
function receive(type, given) {
  if (type === "samp.hub.event.shutdown") connection = null;
  const sent = document.querySelector("[data-samp][data-samp-table]");
  if (!sent || given["table-id"] !== sent.dataset.sampTable) return;
  const body = document.getElementById(sent.dataset.sampRows);
  if (!body) return;
  // Row n of the table that was sent is spectrum n of the dataset.
  const rows = [...body.querySelectorAll("tbody tr[data-number]")];
  const at = (number) => rows.find((row) => row.dataset.number === String(number));
  if (type === "table.highlight.row") {
    const row = at(given.row);
    for (const one of rows) one.toggleAttribute("data-highlighted", one === row);
    if (row) row.scrollIntoView({ block: "center" });
  } else if (type === "table.select.rowList") {
    const chosen = new Set((given["row-list"] || []).map(at));
    for (const row of rows) {
      const box = row.querySelector("input[type=checkbox]");
      if (box && box.checked !== chosen.has(row)) box.click();
    }
  }
}

/** The address that other programs open: signed where somebody is signed in. */
async function opened(path) {
  try {
    return (await ask("/vo/signed", { method: "POST", body: { path } })).url;
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    return new URL(path, location.href).href;
  }
}

async function send(element) {
  const { samp: path, sampName: name, sampTable: table, sampKind: kind } = element.dataset;
  const { key } = await connect();
  const url = await opened(path);
  const types = kind === "spectrum" ? [SPECTRA, TABLES] : [TABLES];
  for (const type of types) {
    const receivers = Object.keys(await call("getSubscribedClients", key, type));
    if (!receivers.length) continue;
    const meta = { "Access.Format": "application/x-votable+xml", "Access.Reference": url, "Target.Name": name };
    const given = type === SPECTRA ? { url, name, "spectrum-id": table, meta } : { url, name, "table-id": table };
    for (const receiver of receivers) await call("notify", key, receiver, { "samp.mtype": type, "samp.params": given });
    return receivers.length;
  }
  return 0;
}

for (const element of document.querySelectorAll("[data-samp]")) {
  element.append(button("Send by SAMP", async (event) => {
    const pressed = event.currentTarget;
    pressed.setAttribute("aria-busy", "true");
    try {
      const count = await send(element);
      toast(count ? `Sent to ${count} ${count === 1 ? "program" : "programs"}.` : "No program that takes it is registered with the hub.", count ? "" : "error");
    } catch (problem) {
      connection = null;
      const away = problem instanceof TypeError;
      toast(away ? "No SAMP hub answers on this machine: start TOPCAT or Aladin, and try again." : problem.message, "error");
    } finally {
      pressed.removeAttribute("aria-busy");
    }
  }, { iconName: "right" }), make("span", { class: "small muted", role: "status" }));
}
