// The page: ask in several turns, watch the answer stream, stop it, see where it comes from and what the node lacks.

import { attend, conversation, decision, leave, look as lookAround } from "/assets/household.js";
import { element, show } from "/assets/markdown.js";
import { Refused, get, turn, useToken } from "/assets/node.js";
import { showRelease } from "/assets/release.js";

const at = (id) => document.getElementById(id);
const question = at("question");
let running = null;

// What is missing, and how to mend it.

async function look() {
  let ready, release;
  try {
    [ready, release] = await Promise.all([get("/health/ready"), get("/api/release").catch(() => ({}))]);
  } catch (error) {
    return state("broken", error.message, [], []);
  }
  const issues = ready.issues ?? [];
  const critical = issues.some((issue) => issue.severity === "critical");
  const workers = ready.workers ?? [];
  const model = workers.find((worker) => worker.kind === "llm")?.model?.id;
  const text = critical ? "Not ready" : model ? `Ready · ${model}` : issues.length ? "Ready · without a language model" : "Ready";
  const facts = [
    ...workers.map((worker) => [`Worker ${worker.kind}`, [worker.state, worker.model?.id].filter(Boolean).join(" · ")]),
  ];
  showRelease(release);
  state(critical ? "broken" : issues.length ? "lacking" : "ready", text, issues, facts);
}

function state(name, text, issues, facts) {
  at("state").dataset.state = name;
  at("state-text").textContent = text;
  at("facts").replaceChildren(...facts.filter(([, value]) => value).flatMap(([key, value]) => [element("dt", key), element("dd", value)]));
  const rows = issues.map((issue) => {
    const mend = element("div", issue.mend);
    mend.className = "mend";
    return element("li", `${issue.message}`, mend);
  });
  at("issues").replaceChildren(...(rows.length ? rows : [element("li", "Nothing: everything is in place.")]));
}

at("state").addEventListener("click", () => {
  const shown = at("node").hidden;
  at("node").hidden = !shown;
  at("state").setAttribute("aria-expanded", String(shown));
  if (shown) look();
});

// One turn.

const BY = {
  intent: () => "Answered by this node itself, without a model",
  host: () => "Answered from this machine, without a model",
  documents: () => "Quoted from the documents this node has learned, without a model",
  model: (by) => `Answered by the llm worker with ${by.id ?? by.model ?? "its model"}`,
  nobody: () => "Nobody could answer",
};

function place(text) {
  const words = element("p", text);
  const asked = element("div", words);
  asked.className = "asked";
  const body = element("div");
  body.className = "text";
  const waiting = element("p", "Thinking");
  waiting.className = "waiting";
  const answer = element("div", body, waiting);
  answer.className = "answer";
  const row = element("li", asked, answer);
  row.className = "turn";
  at("turns").append(row);
  at("welcome").hidden = true;
  row.scrollIntoView({ block: "end" });
  return { row, answer, body, waiting, text: "", drawing: false };
}

function draw(turn) {
  if (turn.drawing) return;
  turn.drawing = true;
  requestAnimationFrame(() => {
    turn.drawing = false;
    const below = document.documentElement.scrollHeight - window.innerHeight - window.scrollY < 120;
    show(turn.body, turn.text);
    if (below) window.scrollTo({ top: document.documentElement.scrollHeight });
  });
}

function sources(citations) {
  if (!citations?.length) return null;
  const rows = citations.map((citation) => {
    const title = citation.heading?.startsWith(citation.title) ? null : citation.title || citation.document;
    const where = [title, citation.heading, citation.page && `page ${citation.page}`];
    const quote = element("blockquote", citation.quote ?? "");
    const open = element("a", citation.document);
    const { document: path, start, end } = citation;
    open.href = `/document?${new URLSearchParams({ document: path, start, end })}`;
    // In a tab of its own, for this one's conversation would be gone; with this one's token.
    open.target = "_blank";
    open.rel = "opener";
    return element("li", element("details", element("summary", where.filter(Boolean).join(" · ")), element("p", open), quote));
  });
  const made = element("div", element("h4", "Sources"), element("ol", ...rows));
  made.className = "sources";
  return made;
}

function failed(turn, message, mend) {
  const made = element("p", element("strong", "That did not work. "), message, ...(mend ? [element("br"), mend] : []));
  made.className = "failed";
  turn.answer.append(made);
  say(`That did not work. ${message}`);
}

function remark(turn, text) {
  const made = element("p", text);
  made.className = "by";
  turn.answer.append(made);
}

function decide(turn, data) {
  const made = element("p", decision(data));
  made.className = "decided";
  made.dataset.decision = data.decision;
  turn.answer.append(made);
}

// What was answered with a button stands among the turns, too.
attend((text, acted) => {
  const placed = place(text);
  placed.waiting.remove();
  show(placed.body, acted.text);
  acted.decisions.forEach((one) => decide(placed, one));
  placed.row.scrollIntoView({ block: "end" });
});

function on(turn, name, data) {
  if (name === "token") {
    turn.waiting.hidden = true;
    turn.text += data.text;
    draw(turn);
  } else if (name === "citations") {
    turn.citations = data.citations;
  } else if (name === "decision") {
    decide(turn, data);
  } else if (name === "note") {
    remark(turn, data.message ?? data.text);
  } else if (name === "timings") {
    turn.timings = data;
  } else if (name === "error") {
    failed(turn, data.message, data.mend);
  } else if (name === "done") {
    const kind = data.answered_by?.kind ?? data.answered_by?.by ?? data.answered_by;
    const shown = sources(turn.citations);
    if (shown) turn.answer.append(shown);
    const took = turn.timings?.total_ms >= 1000 ? ` · ${(turn.timings.total_ms / 1000).toFixed(1)} s` : "";
    remark(turn, (BY[kind] ?? (() => "Answered"))(data.answered_by ?? {}) + took);
    say("The answer is complete.");
  }
}

async function ask(text) {
  running = new AbortController();
  busy(true);
  say("Answering.");
  const placed = place(text);
  try {
    let ended = false;
    for await (const [name, data] of turn(await conversation(), text, running.signal)) {
      ended ||= name === "done" || name === "error";
      on(placed, name, data);
    }
    if (!ended) failed(placed, "The answer broke off.", "Ask again; the node may have been stopped.");
  } catch (error) {
    if (error.name === "AbortError") {
      remark(placed, "Stopped.");
      say("Stopped.");
    } else {
      if (error instanceof Refused && error.status === 404) leave();
      failed(placed, error.message, error.problem?.mend);
      if (error instanceof Refused && error.status === 401) at("key").showModal();
    }
  } finally {
    placed.waiting.remove();
    running = null;
    busy(false);
    look();
    lookAround();
  }
}

function busy(is) {
  at("ask").hidden = is;
  at("stop").hidden = !is;
  if (!is) question.focus({ preventScroll: true });
}

function say(text) {
  at("announce").textContent = text;
}

// What the reader does.

at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = question.value.trim();
  if (text === "" || running) return;
  question.value = "";
  grow();
  ask(text);
});

question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("composer").requestSubmit();
  }
});

function grow() {
  question.rows = Math.min(10, question.value.split("\n").length);
}
question.addEventListener("input", grow);

const stop = () => running?.abort();
at("stop").addEventListener("click", stop);
document.addEventListener("keydown", (event) => event.key === "Escape" && stop());

at("fresh").addEventListener("click", () => {
  stop();
  leave({ over: true });
  at("turns").replaceChildren();
  at("welcome").hidden = false;
  question.focus();
});

at("suggestions").addEventListener("click", (event) => {
  if (event.target instanceof HTMLButtonElement && !running) ask(event.target.textContent);
});

at("key").addEventListener("close", () => {
  if (at("key").returnValue === "save" && at("token").value) {
    useToken(at("token").value);
    // A conversation belongs to who began it.
    leave();
    lookAround();
  }
  at("token").value = "";
  look();
});

at("sign").addEventListener("click", () => at("key").showModal());

// Light, dark, or as the system says.

const THEMES = ["auto", "light", "dark"];
function paint(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  at("theme").textContent = `Theme: ${theme}`;
}
at("theme").addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(localStorage.getItem("ladylinux.theme") ?? "auto") + 1) % THEMES.length];
  localStorage.setItem("ladylinux.theme", next);
  paint(next);
});
paint(localStorage.getItem("ladylinux.theme") ?? "auto");

question.focus();
look();
