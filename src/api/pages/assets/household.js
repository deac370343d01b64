// Who you are taken for, who else is here, what waits for a yes, and what is kept of you: all of it below one conversation.

import { element } from "/assets/markdown.js";
import { Refused, forget, get, hasToken, open, tell } from "/assets/node.js";
import { ago } from "/assets/release.js";

const at = (id) => document.getElementById(id);

/** How often the page looks while the panel is open or something waits, in milliseconds. */
const LOOK = 3000;

let talk = null;
let here = null;
let deadline = 0;
let warned = false;
let said = () => {};

/** Tells this module how what is said to a button is shown among the turns. */
export function attend(show) {
  said = show;
  if (hasToken()) look();
}

/** Returns the conversation, which begins when it is first needed. */
export function conversation() {
  talk ??= open().catch((error) => {
    talk = null;
    throw error;
  });
  return talk;
}

/** Leaves the conversation, and has the node forget it if it is over for good. */
export function leave({ over = false } = {}) {
  const left = talk;
  talk = null;
  show(null);
  if (over) left?.then((id) => forget(id)).catch(() => {});
}

async function path(rest) {
  return `/api/conversations/${await conversation()}/${rest}`;
}

/** Looks how things stand in this conversation. */
export async function look() {
  try {
    show(await get(await path("identity")));
  } catch (error) {
    if (error instanceof Refused && error.status === 404) leave();
  }
}

// Who, and who else.

const MODES = { private: "alone", shared_verified: "with people I know", shared_unverified: "others are here" };

function name(now) {
  const called = now?.person?.called;
  if (now?.identity.startsWith("confirmed")) return called;
  return { probable: `Probably ${called}`, ambiguous: "Not sure who", rejected: "Not sure who" }[now?.identity] ?? "Nobody known";
}

const WHO = {
  unknown: "I do not know who you are. I answer everybody, and do nothing that needs somebody.",
  probable: "I think that you are X, but I am not sure enough to do or tell what is theirs.",
  confirmed: "I take you for X.",
  confirmed_active: "I take you for X, and you are speaking.",
  ambiguous: "What I hear of who you are contradicts itself. Tell me who you are.",
  rejected: "You said that you are somebody, and I could not make sure of it.",
};

function hint(why) {
  const source = {
    explicit: "You said so",
    satellite: why.witness === "node" ? "Your token says so" : "A device of the house recognised you",
    vision: "A camera recognised you",
    voice: "Your voice was recognised",
  };
  const against = why.agrees ? "" : ", which speaks for somebody else";
  return `${source[why.source] ?? why.source} (${Math.round(why.confidence * 100)} %, ${ago(why.at)})${against}`;
}

const GROUPS = { home_automation: "the lights and doors", robot_control: "the robots", security: "the alarm", media: "the music", system: "this node" };
const list = (groups) => groups.map((group) => GROUPS[group] ?? group).join(", ");
const words = (code) => code.replaceAll("_", " ");

function show(now) {
  const before = here?.pending;
  here = now;
  const sure = now?.identity.startsWith("confirmed");
  at("you-chip").dataset.state = sure ? "ready" : now && now.identity !== "unknown" ? "lacking" : "";
  at("you-text").textContent = `${name(now)} · ${MODES[now?.mode] ?? MODES.private}`;
  at("who").textContent = (WHO[now?.identity] ?? WHO.unknown).replace("X", now?.person?.called ?? "somebody");
  at("why").replaceChildren(...(now?.why ?? []).map((why) => element("li", hint(why))));
  at("claim").hidden = Boolean(sure);
  at("room").textContent = room(now);
  const groups = now?.groups ?? [];
  at("may").textContent = groups.length ? `You may command ${list(groups)}.` : "";
  at("own").hidden = !sure;
  at("everybody").hidden = !now?.may_manage;
  given(now);
  wait(now, before);
}

function room(now) {
  const others = now?.others ?? [];
  const strangers = now?.strangers ?? 0;
  const unknown = strangers === 1 ? "somebody whom I do not know" : `${strangers} people whom I do not know`;
  const all = [...others, ...(strangers ? [unknown] : [])].join(" and ");
  return all ? `Here is ${all}. What is private, I do not say aloud.` : "As far as I know, nobody else is here.";
}

at("you-chip").addEventListener("click", () => {
  const shown = at("you").hidden;
  at("you").hidden = !shown;
  at("you-chip").setAttribute("aria-expanded", String(shown));
  if (shown) look();
});

setInterval(() => {
  const needed = !at("you").hidden || here?.pending;
  if (needed && !document.hidden) look();
}, LOOK);

/** Asks for something by a button, and shows how things stand then. */
async function act(rest, body) {
  try {
    const acted = await tell(await path(rest), body);
    show(acted.here);
    at("you-said").textContent = acted.text;
    ["profile", "audit"].filter((part) => at(part).open).forEach((part) => LOADED[part]());
    return acted;
  } catch (error) {
    at("you-said").textContent = `That did not work. ${error.message}`;
    return null;
  }
}

/** Has `form` do something with its fields, which are empty afterwards. */
function on(form, how) {
  at(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    await how();
    at(form).reset();
  });
}

on("claim", () => act("identity", { name: at("claim-name").value }));
on("change", () => act("profile", { field: at("change-field").value, value: at("change-value").value }));
on("delegate", () =>
  act("delegations", { to: at("delegate-to").value, groups: [at("delegate-group").value], seconds: 60 * at("delegate-minutes").value }));
on("consent", () => act("consents", { to: at("consent-to").value, fields: [at("consent-field").value] }));

at("say-room").addEventListener("click", ({ target }) => {
  if (target.dataset.statement) act("mode", { statement: target.dataset.statement });
});

// What waits for a yes.

function wait(now, before) {
  const pending = now?.pending;
  at("pending").hidden = !pending;
  if (pending) {
    deadline = performance.now() + (pending.until - now.now);
    at("pending-would").replaceChildren(element("strong", "To be confirmed: "), pending.would);
    if (pending.id !== before?.id) {
      warned = false;
      at("pending-said").textContent = `This waits for your confirmation: ${pending.would}. ${seconds()} seconds are left.`;
    }
    count();
  }
}

const seconds = () => Math.max(0, Math.ceil((deadline - performance.now()) / 1000));

function count() {
  if (!here?.pending) return;
  const left = seconds();
  at("left").textContent = `${left} s left`;
  if (left <= 10 && left > 0 && !warned) {
    warned = true;
    at("pending-said").textContent = `${left} seconds are left.`;
  }
  if (left === 0) {
    here.pending = null;
    at("pending").hidden = true;
    at("you-said").textContent = "Nobody confirmed it in time, so it is off.";
    look();
  }
}
setInterval(count, 500);

async function answer(confirm) {
  const pending = here?.pending;
  if (!pending) return;
  const acted = await act("confirmation", { id: pending.id, confirm });
  if (acted) said(confirm ? "Yes, do it" : "No", acted);
}
at("yes").addEventListener("click", () => answer(true));
at("no").addEventListener("click", () => answer(false));

const DECISIONS = {
  asked: "Confirmation asked",
  done: "Done",
  failed: "Tried, and not done",
  unknown: "Perhaps done",
  refused: "Refused",
  cancelled: "Off",
  changed: "Written down",
  granted: "Given",
  ended: "Taken back",
  allowed: "Allowed",
  disclosed: "Told",
};
const PLAIN = ["done", "to_be_confirmed", "allowed", "confirmed", "revoked", "written"];

/** Says in a few words what was decided. */
export function decision({ decision, what, reason }) {
  const why = PLAIN.includes(reason) ? "" : ` (${words(reason)})`;
  return `${DECISIONS[decision] ?? decision}: ${words(what)}${why}`;
}

// What is kept of you, and what you gave.

function given(now) {
  const row = (text, revocation) => {
    const item = element("li", text);
    if (revocation) {
      const button = element("button", "Take it back");
      button.type = "button";
      button.className = "quiet";
      button.setAttribute("aria-label", `Take it back: ${text}`);
      button.addEventListener("click", () => act("revocations", revocation));
      item.append(" ", button);
    }
    return item;
  };
  const left = (until) => `for ${Math.max(1, Math.ceil((until - now.now) / 60000))} more minutes`;
  const rows = [
    ...(now?.delegations ?? []).map((one) =>
      row(`${one.by} lets ${one.to} command ${list(one.groups)}, ${left(one.until)}`, one.may_revoke && { delegation: one.id })),
    ...(now?.consents ?? []).map((one) =>
      row(`${one.to ?? "Whoever is here"} may be told your ${one.fields.map(words).join(", ")}, ${left(one.until)}`, { consent: one.id })),
  ];
  const known = at("grants").dataset.ids;
  const ids = JSON.stringify([now?.delegations?.map((one) => one.id), now?.consents?.map((one) => one.id)]);
  // A button that somebody is about to press does not go away under them.
  if (known === ids && rows.length) return;
  at("grants").dataset.ids = ids;
  at("grants").replaceChildren(...(rows.length ? rows : [element("li", "Nothing.")]));
}

/** Loads a part of the panel when it is opened; what is refused is said in its place. */
function part(id, place, load) {
  const loaded = async () => {
    try {
      at(place).replaceChildren(...(await load()));
    } catch (error) {
      at(place).replaceChildren(element(at(place).tagName === "DL" ? "dd" : "li", error.message));
    }
  };
  at(id).addEventListener("toggle", () => at(id).open && loaded());
  return loaded;
}

const LOADED = {
  profile: part("profile", "profile-parts", async () => {
    const { parts } = await get(await path("profile"));
    if (!parts.length) return [element("dd", "Nothing is kept yet.")];
    return parts.flatMap((one) => [element("dt", words(one.field)), element("dd", one.value ?? "not shown while others are here")]);
  }),
  audit: part("audit", "records", async () => {
    const { records } = await get(await path("audit"));
    at("audit-none").hidden = records.length > 0;
    return records.map((one) => {
      const right = one.basis ? `, by ${one.basis}` : "";
      return element("li", `${decision(one)}${right}, ${ago(one.at)}, ${MODES[one.mode] ?? words(one.mode)}`);
    });
  }),
  everybody: part("everybody", "people", async () => {
    const { people } = await get(await path("people"));
    return people.map((one) => {
      const groups = one.groups.length ? `may command ${list(one.groups)}` : "may command nothing by themselves";
      const known = one.fields.length ? `known: ${one.fields.map(words).join(", ")}` : "nothing is known";
      return element("li", element("strong", one.called), ` (${one.name}), ${one.role}; ${groups}; ${known}`);
    });
  }),
};

at("export").addEventListener("click", async () => {
  try {
    const all = await get(await path("profile/export"));
    const file = URL.createObjectURL(new Blob([JSON.stringify(all, null, 2)], { type: "application/json" }));
    const link = element("a", "");
    link.href = file;
    link.download = `ladylinux-${all.person.name}.json`;
    link.click();
    URL.revokeObjectURL(file);
    at("you-said").textContent = "It is in your downloads.";
  } catch (error) {
    at("you-said").textContent = error.message;
  }
});

at("erase").addEventListener("click", () => {
  at("gone-short").textContent = here?.person?.name ?? "";
  at("gone").showModal();
});

at("gone").addEventListener("close", async () => {
  const confirm = at("gone-name").value;
  at("gone-name").value = "";
  if (at("gone").returnValue !== "erase") return;
  try {
    const erased = await tell(await path("profile"), { confirm }, "DELETE");
    const left = erased.documents.length ? ` Documents that still name you: ${erased.documents.join(", ")}.` : "";
    at("you-said").textContent = `Everything that was kept of you is erased.${left}`;
  } catch (error) {
    at("you-said").textContent = error.message;
  }
  look();
});

at("sign-you").addEventListener("click", () => at("key").showModal());
