// The pages of the first LadyLinux: what the machine says about itself, with where and when it was read.

import { element } from "/assets/markdown.js";
import { get, text } from "/assets/node.js";

const PAGES = {
  "/os": ["System", ["os", "uptime", "load", "memory", "disk", "services", "updates", "logs"]],
  "/users": ["Users", ["users"]],
  "/firewall": ["Firewall", ["firewall", "listeners"]],
};
const NAMES = { os: "Operating system", uptime: "Running since", load: "Load", memory: "Memory", disk: "Disks", users: "Accounts", firewall: "Rules", listeners: "Open ports", services: "Services", updates: "Updates", logs: "Errors of the last day" };

const at = (id) => document.getElementById(id);
const [title, topics] = PAGES[location.pathname] ?? PAGES["/os"];

function origin(fact) {
  const when = new Date(fact.read_at).toLocaleString();
  return fact.source === "snapshot" ? `From a snapshot of the host, read ${when}, ${fact.age_seconds} s ago` : `Read from this machine, ${when}`;
}

// What a sentence only counts: a line for each, with a word that says what stands out.
const LISTS = { services: "What does not run", updates: "Package by package", logs: "Unit by unit" };
const LINES = {
  services: ({ units }) => units?.filter((unit) => unit.active !== "active").map((unit) => [unit.active, `${unit.name}${unit.description ? `: ${unit.description}` : ""}${since(unit.since)}`]),
  updates: ({ waiting }) => waiting?.map((one) => [one.held ? "held" : one.security ? "security" : "", `${one.package} ${one.installed} → ${one.available} (${one.archive})`]),
  logs: ({ by_unit }) => by_unit.map((unit) => [unit.worst, `${unit.count} × ${unit.unit}${since(unit.last_at)}${unit.message ? `: ${unit.message}` : ""}`]),
};

function since(at) {
  return at ? `, ${new Date(at).toLocaleString()}` : "";
}

function lines(fact) {
  const told = LINES[fact.topic]?.(fact.data) ?? [];
  if (told.length === 0) return [];
  const items = told.map(([mark, line]) => element("li", ...(mark ? [element("strong", mark), " "] : []), line));
  return [element("details", element("summary", LISTS[fact.topic]), element("ul", ...items))];
}

async function tell(topic) {
  const heading = element("h2", NAMES[topic]);
  const section = element("section", heading);
  section.className = "fact";
  section.dataset.topic = topic;
  at("facts").append(section);
  try {
    const fact = await get(`/api/host/${topic}`);
    const from = element("p", [origin(fact), ...fact.notes].join(". "));
    from.className = "by";
    const data = element("pre", JSON.stringify(fact.data, null, 2));
    data.tabIndex = 0;
    section.append(element("p", fact.sentence), from, ...lines(fact), element("details", element("summary", "As data"), data));
  } catch (error) {
    const failed = element("p", error.message);
    failed.className = "failed";
    section.append(failed);
  }
}

document.title = `${title} · LadyLinux`;
at("title").textContent = title;
for (const link of document.querySelectorAll("nav a")) {
  if (link.getAttribute("href") === location.pathname) link.setAttribute("aria-current", "page");
}
for (const topic of topics) tell(topic);

if (location.pathname === "/firewall") at("explain").hidden = false;
at("explain").addEventListener("submit", async (event) => {
  event.preventDefault();
  at("answer").textContent = "";
  try {
    for await (const piece of text("/ask_firewall", { prompt: at("prompt").value })) at("answer").textContent += piece;
  } catch (error) {
    at("answer").textContent = `That did not work. ${error.message}`;
  }
});
