// A learned document, open at a place: its text as it was learned, and what was cited from it marked. Text stays text.

import { element } from "/assets/markdown.js";
import { get } from "/assets/node.js";

/** How many passages are shown before a place, and fetched at once. */
const BEFORE = 3;
const STEP = 20;

const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const path = asked.get("document") ?? "";
const [start, end] = ["start", "end"].map((name) => Number.parseInt(asked.get(name) ?? "0", 10) || 0);
const letters = new TextEncoder();
let first, last;

function fetchFrom(place, before, limit) {
  return get(`/api/knowledge/document?${new URLSearchParams({ document: path, at: place, before, limit })}`);
}

/** Returns a passage's text, with what was cited of it marked; places are bytes of UTF-8. */
function marked(passage) {
  const [from, to] = [Math.max(start, passage.start), Math.min(end, passage.end)];
  if (from >= to) return [passage.text];
  const bytes = letters.encode(passage.text);
  const part = (begin, stop) => new TextDecoder().decode(bytes.subarray(begin, stop));
  return [part(0, from - passage.start), element("mark", part(from - passage.start, to - passage.start)), part(to - passage.start)];
}

function shown(passage) {
  const where = [passage.page && `Page ${passage.page}`, passage.heading].filter(Boolean).join(" · ");
  const text = element("p", ...marked(passage));
  text.className = "passage";
  const section = element("section", ...(where ? [element("h2", where)] : []), text);
  section.dataset.where = where;
  return section;
}

/** Says where a passage stands only where the one before stands elsewhere. */
function tidy() {
  let before;
  for (const section of at("text").children) {
    const heading = section.querySelector("h2");
    if (heading) heading.hidden = section.dataset.where === before;
    before = section.dataset.where;
  }
}

function note(opened) {
  at("earlier").hidden = first.before === 0;
  at("later").hidden = last.before + last.shown.length >= opened.passages;
}

async function earlier() {
  const opened = await fetchFrom(first.shown[0].start, STEP, Math.min(STEP, first.before));
  const height = document.documentElement.scrollHeight;
  at("text").prepend(...opened.shown.map(shown));
  first = opened;
  tidy();
  note(opened);
  window.scrollBy({ top: document.documentElement.scrollHeight - height });
}

async function later() {
  const opened = await fetchFrom(last.shown.at(-1).end, 0, STEP);
  at("text").append(...opened.shown.map(shown));
  if (opened.shown.length > 0) last = opened;
  tidy();
  note(opened);
}

/** Does something, and says so if that did not work. */
async function trying(work) {
  at("problem").hidden = true;
  try {
    await work();
  } catch (error) {
    at("problem").textContent = error.message;
    at("problem").hidden = false;
  }
}

at("earlier").addEventListener("click", () => trying(earlier));
at("later").addEventListener("click", () => trying(later));

await trying(async () => {
  if (!path) throw new Error("No document is named. Follow a source of an answer to come here.");
  const opened = await fetchFrom(start, BEFORE, STEP);
  first = last = opened;
  at("title").textContent = opened.title;
  document.title = `${opened.title} · LadyLinux`;
  const pages = opened.pages && `${opened.pages} pages`;
  const place = end > start && `cited: bytes ${start} to ${end} of ${opened.bytes}`;
  at("about").textContent = [opened.document, pages, place].filter(Boolean).join(" · ");
  at("text").replaceChildren(...opened.shown.map(shown));
  if (opened.shown.length === 0) throw new Error("The document has no text at this place; it may have been learned anew since.");
  tidy();
  note(opened);
  document.querySelector("mark")?.scrollIntoView({ block: "center" });
});
