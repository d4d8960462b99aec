// JSON requests to the platform; problem documents become exceptions.

export class Problem extends Error {
  constructor(body, status) {
    super(body.detail || body.message || body.title || `The platform returned status ${status}.`);
    this.status = status;
    this.title = body.title || "";
    this.errors = body.errors || [];
    this.rejected = body.rejected || [];
  }
}

const KEPT_ALIVE = 16_384; // characters; browsers keep at most 64 KiB of all requests together alive

export async function ask(url, { method = "GET", body, signal, headers = {} } = {}) {
  const options = { method, signal, headers: { Accept: "application/json", ...headers } };
  if (body !== undefined) {
    const raw = body instanceof Blob || body instanceof FormData;
    options.body = raw ? body : JSON.stringify(body);
    if (!raw) options.headers["Content-Type"] = "application/json";
    // What was pressed is done, also where one goes on to another page at once.
    if (!raw && options.body.length < KEPT_ALIVE) options.keepalive = true;
  }
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ detail: "The platform is not responding. Is it still running?" }, 0);
  }
  const text = await response.text();
  let answer = {};
  try {
    answer = text ? JSON.parse(text) : {};
  } catch {
    answer = { detail: text.slice(0, 500) };
  }
  if (!response.ok) throw new Problem(answer, response.status);
  return answer;
}

export function dataOf(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
}
