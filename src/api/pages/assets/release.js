// The release: what runs, what its supervisor says about it, and the way to a newer one.

import { element } from "/assets/markdown.js";
import { get, refresh } from "/assets/node.js";

const at = (id) => document.getElementById(id);

/** How often the page looks whether a refresh has ended, and for how long, in milliseconds. */
const LOOK = 3000;
const PATIENCE = 10 * 60 * 1000;

const STATES = {
  serving: "Serves, and is proven",
  on_probation: "Serves, on probation",
  refreshing: "A refresh is under way",
  held: "Held",
  stopped: "Stopped",
  broken: "Not as it should be",
  interrupted: "A refresh was interrupted",
};

const ENDED = { done: "Done", unchanged: "Nothing newer was found", refused: "Refused", failed: "Failed", interrupted: "Interrupted" };

/** Says how long ago something was, such as "2 hours ago". */
export function ago(moment) {
  const seconds = Math.min(0, Math.round((moment - Date.now()) / 1000));
  const [unit, length] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]].find(([, length]) => -seconds >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.trunc(seconds / length), unit);
}

/** Names a digest or a commit by its first digits. */
function short(name) {
  return name?.replace(/^sha256:/, "").slice(0, 12);
}

function last(run) {
  if (!run) return null;
  const step = run.step ? ` in step ${run.step}` : "";
  return `${ENDED[run.outcome] ?? run.outcome}${step}, ${ago(run.at)}`;
}

/** Shows what `/api/release` says. */
export function showRelease(release) {
  const said = release.supervisor;
  const facts = [
    ["Version", release.version],
    ["Commit", short(release.commit)],
    ["Image", short(release.digest)],
    ["Runtime", release.runtime],
    ["State", said && (STATES[said.state] ?? said.state.replaceAll("_", " "))],
    ["Last refresh", last(said?.last)],
    ["Newer release", short(said?.newer)],
  ];
  const rows = facts.filter(([, value]) => value).flatMap(([key, value]) => [element("dt", key), element("dd", value)]);
  at("release-facts").replaceChildren(...rows);
  const words = [said?.hold?.reason, said?.hold?.next, said?.last?.message, release.supervisor_note].filter(Boolean);
  at("release-said").textContent = words.map((text) => text.replace(/[.]?$/, ".")).join(" ");
  at("release-said").hidden = words.length === 0;
  at("refresh").hidden = !release.may_refresh;
}

function answer(text) {
  at("release-answer").textContent = text;
}

/** What tells one run from another. */
const mark = (release) => `${release.digest} ${release.supervisor?.last?.at}`;

/** Looks until the run that was asked for has ended. The node may be away meanwhile, which is no failure. */
async function follow(before) {
  for (let waited = 0; waited < PATIENCE; waited += LOOK) {
    await new Promise((resolve) => setTimeout(resolve, LOOK));
    const release = await get("/api/release").catch(() => null);
    if (!release) {
      answer("The node is away. This page looks for it again and again.");
    } else if (mark(release) !== before) {
      showRelease(release);
      return answer(`The refresh ended: ${last(release.supervisor?.last) ?? "another release runs"}.`);
    }
  }
  answer("Nothing was heard of the refresh yet. \u201cladylinux-supervisor status\u201d on the machine tells more.");
}

at("refresh").addEventListener("click", () => at("sure").showModal());

at("sure").addEventListener("close", async () => {
  if (at("sure").returnValue !== "refresh") return;
  at("refresh").disabled = true;
  try {
    const before = mark(await get("/api/release"));
    const asked = await refresh();
    answer(asked.already ? "The supervisor has been asked already." : "The supervisor is asked for a refresh.");
    await follow(before);
  } catch (error) {
    answer(`That did not work. ${error.message}`);
  } finally {
    at("refresh").disabled = false;
  }
});
