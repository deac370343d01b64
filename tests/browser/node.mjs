// A node of its own for a test: below a temporary root, on a free port.

import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const project = new URL("../../", import.meta.url).pathname;
const program = process.env.LADYLINUX_PROGRAM ?? join(project, "target/debug/ladylinux");

/** Starts a node that has learned the project's pages, with a test model if one is named, what a supervisor says about it, its host's facts, files of its configuration, settings and people. */
export async function start({ model, digest, status, facts, config = {}, settings = {}, people = [] } = {}) {
  const root = mkdtempSync(join(tmpdir(), "ladylinux-page-"));
  const address = join(root, "address");
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("LADYLINUX_")));
  const env = { ...inherited, LADYLINUX_ROOT: root, LADYLINUX_PORT: "0", LADYLINUX_LLM_CONTEXT_TOKENS: "6144", LADYLINUX_LLM_MAX_TOKENS: "3000" };
  if (digest) env.LADYLINUX_RELEASE_DIGEST = digest;
  if (facts) {
    env.LADYLINUX_HOST_FACTS = join(root, "host-facts.json");
    writeFileSync(env.LADYLINUX_HOST_FACTS, JSON.stringify({ schema: 1, at: Date.now(), facts }));
  }
  const run = (...args) => execFileSync(program, args, { env, cwd: project, stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" }).trim();
  run("provision");
  run("migrate");
  run("learn", "README.md", "docs");
  for (const [name, text] of Object.entries(config)) writeFileSync(join(root, "etc/ladylinux", name), text);
  for (const [name, value] of Object.entries(settings)) env[`LADYLINUX_${name}`] = value;
  const person = (...args) => run("person", "add", ...args);
  people.forEach((args) => person(...args));
  if (model) cpSync(join(project, "tests/fixtures/llm", model), join(root, "opt/ladylinux/models/llm", model), { recursive: true });
  const child = spawn(program, ["serve", "--address-file", address], { env, stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const url = await until(() => existsSync(address) && readFileSync(address, "utf8").trim(), child);
  if (model) await until(async () => (await (await fetch(`${url}/health/ready`)).json()).workers?.some((worker) => worker.state === "ready"), child);
  const requests = join(root, "var/lib/ladylinux/supervisor/requests");
  const say = (said) => writeFileSync(join(requests, "status.json"), JSON.stringify({ schema: 1, at: Date.now(), ...said }));
  if (status) {
    mkdirSync(requests, { recursive: true });
    say(status);
  }
  return {
    url,
    say,
    person,
    token: (scopes, person) => run("token", "create", "--name", "page", "--scope", scopes, ...(person ? ["--person", person] : [])),
    /** What the supervisor is asked for, taken up as it would. */
    take() {
      const names = readdirSync(requests).filter((name) => name !== "status.json");
      const taken = names.map((name) => JSON.parse(readFileSync(join(requests, name), "utf8")));
      names.forEach((name) => rmSync(join(requests, name)));
      return taken;
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function until(fact, child) {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = await fact();
    if (found) return found;
    if (child.exitCode !== null) throw new Error(`the node ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the node did not get ready within 30 seconds");
}
