// Speaks with the node: plain requests, and a turn's events as they arrive.

const KEY = "ladylinux.token";

/** The node said no: `problem` is its answer (RFC 9457) or a stand-in for one. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? problem.title ?? `the node answered ${status}`);
    this.status = status;
    this.problem = problem;
  }
}

/** Keeps a token until the tab is closed. */
export function useToken(token) {
  sessionStorage.setItem(KEY, token);
}

/** Whether this tab has a token. */
export function hasToken() {
  return Boolean(sessionStorage.getItem(KEY));
}

async function send(path, options = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(token && { authorization: `Bearer ${token}` }) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, { title: "The node does not answer", detail: "The node does not answer. Is it running? Start it with: ladylinux serve" });
  }
  if (answer.ok || path === "/health/ready") return answer;
  throw new Refused(answer.status, await answer.json().catch(() => ({})));
}

/** Fetches what `path` says, as JSON. */
export async function get(path) {
  return (await send(path)).json();
}

/** Asks the node's supervisor for a refresh, and returns what it says. */
export async function refresh() {
  return (await send("/api/release/refresh", { method: "POST" })).json();
}

/** Sends JSON to `path` by `method`, and returns the answer. */
export async function tell(path, body, method = "POST") {
  return (await send(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) })).json();
}

/** Posts to `path`, and yields the text of the answer as it arrives. */
export async function* text(path, body) {
  const answer = await send(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) yield value;
}

/** Opens a conversation and returns its id. */
export async function open() {
  return (await (await send("/api/conversations", { method: "POST" })).json()).id;
}

/** Has the node forget a conversation. */
export async function forget(id) {
  await send(`/api/conversations/${id}`, { method: "DELETE" });
}

/** Asks, and yields `[event, data]` as they arrive (Server-Sent Events); `signal` stops the answer. */
export async function* turn(id, text, signal) {
  const answer = await send(`/api/conversations/${id}/turns`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "text/event-stream" },
    body: JSON.stringify({ text }),
    signal,
  });
  const decoder = new TextDecoder();
  let waiting = "";
  for await (const bytes of chunks(answer.body)) {
    waiting += decoder.decode(bytes, { stream: true });
    const whole = waiting.split("\n\n");
    waiting = whole.pop();
    for (const block of whole) {
      const fields = block.split("\n").map((line) => line.match(/^(event|data): ?(.*)$/)).filter(Boolean);
      const name = fields.find((field) => field[1] === "event")?.[2];
      const data = fields.filter((field) => field[1] === "data").map((field) => field[2]).join("\n");
      if (name) yield [name, JSON.parse(data)];
    }
  }
}

async function* chunks(body) {
  const reader = body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    reader.releaseLock();
  }
}
