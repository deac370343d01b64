// The four scenes of docs/policy.md as people meet them: a real node, real browsers, a webhook that counts what it is told. Each leaves
// its picture in docs/pictures/. Run by scripts/test-page.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { start } from "./node.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.LADYLINUX_PICTURES ?? new URL("../../target/page/", import.meta.url).pathname;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const OWNERS = `
[[owner]]
name = "olga"
preferred_name = "Olga"
adult = true
language = "en"
birthdate = "1980-05-17"
`;

const COMMANDS = `
[roles.operator]
groups = ["home_automation"]
[commands.turn_on_light]
executor = "webhook"
[commands.open_garage]
executor = "webhook"
`;

let browser, house, hook, told, tokens;

before(async () => {
  mkdirSync(pictures, { recursive: true });
  told = [];
  hook = createServer((request, answer) => {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => {
      told.push(JSON.parse(body));
      answer.end();
    });
  });
  await new Promise((resolve) => hook.listen(0, "127.0.0.1", resolve));
  browser = await chromium.launch({ executablePath: process.env.LADYLINUX_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  house = await start({
    config: { "owners.toml": OWNERS, "commands.toml": COMMANDS },
    settings: { COMMANDS_WEBHOOK_URL: `http://127.0.0.1:${hook.address().port}/` },
    people: [
      ["gero", "--preferred-name", "Gero", "--adult"],
      ["kai", "--preferred-name", "Kai", "--birthdate", "2018-04-01", "--role", "operator"],
    ],
  });
  tokens = Object.fromEntries(["olga", "gero", "kai"].map((name) => [name, house.token("chat", name)]));
});

after(async () => {
  await browser?.close();
  await house?.stop();
  hook?.close();
});

/** Opens the page as somebody who has their token, and says who they are. */
async function come(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 820 }, colorScheme: "light", reducedMotion: "reduce", bypassCSP: true, ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(house.url) && !request.url().startsWith("blob:")) page.faults.push(`a request to ${request.url()}`);
  });
  await page.goto(house.url);
  if (name) {
    await page.evaluate((token) => sessionStorage.setItem("ladylinux.token", token), tokens[name]);
    await page.reload();
    await says(page, `I am ${name[0].toUpperCase()}${name.slice(1)}`);
  }
  return page;
}

async function says(page, text) {
  await page.getByLabel("Your question").fill(text);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Ask", exact: true }).waitFor();
  return (await page.locator(".turn").last().locator(".answer").textContent()).trim();
}

const chip = (page) => page.locator("#you-text");
const is = (page, text) => chip(page).filter({ hasText: text }).waitFor();
const panel = async (page) => {
  await page.locator("#you-chip").click();
  await page.locator("#you").waitFor();
};
const answers = async (page, button) => {
  const turns = await page.locator(".turn").count();
  await page.locator("#pending").getByRole("button", { name: button, exact: true }).click();
  await page.waitForFunction((count) => document.querySelectorAll(".turn").length > count, turns);
  return (await page.locator(".turn").last().textContent()).trim();
};

async function faultless(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
  assert.deepEqual(violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.html).join(" ")}`), []);
}

async function close(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

/** Takes a picture of all that is on the page. */
async function picture(page, name) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: 1000, height: Math.min(height, 1600) });
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: `${pictures}policy-${name}.png` });
}

test("a guest asks: what is not theirs is refused, and who nobody knows gets nothing done", async () => {
  const page = await come(null);
  await is(page, "Nobody known");
  assert.match(await says(page, "turn on the light in the kitchen"), /who is speaking/);
  await says(page, "I am Gero");
  await is(page, "Probably Gero");
  assert.match(await says(page, "turn on the light in the kitchen"), /who is speaking.*Refused: turn on light \(not identified\)/s);
  await close(page);

  const guest = await come("gero");
  await is(guest, "Gero · alone");
  assert.match(await says(guest, "turn on the light in the kitchen"), /You may not do that. An owner can let you.*Refused: turn on light \(not permitted\)/s);
  await panel(guest);
  await guest.locator("#who", { hasText: "I take you for Gero" }).waitFor();
  assert.match(await guest.locator("#why").textContent(), /Your token says so \(95 %/);
  assert.equal(await guest.locator("#everybody").isVisible(), false);
  assert.equal(told.length, 0);
  await faultless(guest);
  await picture(guest, "guest");
  await close(guest);
});

test("a child asks: the garage stays shut, and so does their birthdate", async () => {
  const page = await come("kai");
  await is(page, "Kai · alone");
  assert.match(await says(page, "open the garage"), /Please ask an adult whom you trust.*Refused: open garage \(adults only\)/s);
  assert.match(await says(page, "turn on the light in the kitchen"), /Done/);
  assert.equal(told.at(-1).command, "turn_on_light");
  await panel(page);
  await page.locator("#profile summary").click();
  await page.locator("#profile-parts dt", { hasText: "birthdate" }).waitFor();
  await page.getByLabel("Change", { exact: true }).selectOption("birthdate");
  await page.getByLabel("to", { exact: true }).fill("1999-04-01");
  await page.locator("#change").getByRole("button").click();
  await page.locator("#you-said", { hasText: "an adult who looks after you" }).waitFor();
  assert.match(await page.locator("#profile-parts").textContent(), /birthdate2018-04-01/);
  await faultless(page);
  await picture(page, "child");
  assert.equal(told.length, 1);
  await close(page);
});

test("the owner delegates: by a phrase, with a yes, for a while, and takes it back at once", async () => {
  const before = told.length;
  const owner = await come("olga");
  const guest = await come("gero");
  await is(owner, "Olga · alone");
  assert.match(await says(owner, "Gero may control the lights for two hours"), /Shall I let Gero/);
  const card = owner.locator("#pending");
  await card.waitFor();
  assert.match(await card.textContent(), /To be confirmed: let Gero command the lights and doors for 120 minutes.*\d+ s left/s);
  await faultless(owner);
  // Enter alone confirms nothing.
  await owner.getByLabel("Your question").press("Enter");
  assert.equal(await card.isVisible(), true);
  assert.match(await says(guest, "turn on the light in the kitchen"), /You may not do that/);
  assert.match(await answers(owner, "Yes, do it"), /From now on Gero may command.*Given: delegation/s);
  assert.equal(await card.isVisible(), false);
  assert.match(await says(guest, "turn on the light in the kitchen"), /Done/);
  assert.equal(told.length, before + 1);
  await panel(owner);
  await owner.locator("#given summary").click();
  await owner.locator("#grants", { hasText: "Olga lets Gero command the lights and doors" }).waitFor();
  await owner.locator("#everybody summary").click();
  await owner.locator("#people", { hasText: "Kai (kai), operator" }).waitFor();
  await owner.locator("#audit summary").click();
  await owner.locator("#records", { hasText: "Given: delegation" }).waitFor();
  await faultless(owner);
  await owner.locator("#everybody summary").click();
  await owner.locator("#audit summary").click();
  await picture(owner, "delegation");
  await owner.getByRole("button", { name: /Take it back: Olga lets Gero/ }).click();
  await owner.locator("#you-said", { hasText: "That no longer holds" }).waitFor();
  await owner.locator("#grants", { hasText: "Nothing." }).waitFor();
  assert.match(await says(guest, "turn on the light in the kitchen"), /You may not do that/);
  assert.equal(told.length, before + 1);
  await Promise.all([close(owner), close(guest)]);
});

test("somebody interrupts: what waits is off, and what is private is asked about first", async () => {
  const before = told.length;
  const page = await come("olga");
  await is(page, "Olga · alone");
  assert.match(await says(page, "open the garage"), /Shall I open the garage/);
  const card = page.locator("#pending");
  await card.waitFor();
  await panel(page);
  await page.getByRole("button", { name: "Somebody is here" }).click();
  await is(page, "Olga · others are here");
  await page.locator("#you-said", { hasText: "Who is here has changed, so I did not do it" }).waitFor();
  assert.equal(await card.isVisible(), false);
  assert.equal(told.length, before);
  const asked = await says(page, "what do you know about me?");
  assert.match(asked, /I need confirmation before doing that, because others can hear it/);
  assert.doesNotMatch(asked, /1980/);
  await card.waitFor();
  await faultless(page);
  await picture(page, "interrupted");
  assert.doesNotMatch(await answers(page, "No"), /1980/);
  await page.locator("#profile summary").click();
  await page.locator("#profile-parts dd", { hasText: "not shown while others are here" }).first().waitFor();
  await page.getByRole("button", { name: "We are alone" }).click();
  await is(page, "Olga · alone");
  assert.match(await says(page, "what do you know about me?"), /1980/);
  await close(page);
});

test("what nobody confirms in time goes away by itself, and with the keyboard one says no", async () => {
  const page = await come("olga");
  await says(page, "open the garage");
  const card = page.locator("#pending");
  await card.waitFor();
  await page.locator("#no").focus();
  await page.keyboard.press("Enter");
  await page.locator(".turn").last().filter({ hasText: "All right, I leave it" }).waitFor();
  assert.equal(await card.isVisible(), false);
  // The node's clock decides: the answer of a moment ago says that the time is over.
  await page.route("**/identity", async (route) => {
    const answer = await route.fetch();
    const here = await answer.json();
    if (here.pending) here.pending.until = here.now + 300;
    await route.fulfill({ response: answer, json: here });
  });
  await says(page, "open the garage");
  await page.locator("#you-said", { hasText: "Nobody confirmed it in time" }).waitFor({ state: "attached" });
  await close(page);
});

test("one's own data is exported and erased, and a slip erases nothing", async () => {
  house.person("ida", "--preferred-name", "Ida", "--adult");
  tokens.ida = house.token("chat", "ida");
  const page = await come("ida");
  await is(page, "Ida · alone");
  await panel(page);
  await page.locator("#profile summary").click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: /Export everything/ }).click()]);
  assert.equal(download.suggestedFilename(), "ladylinux-ida.json");
  assert.match(await readFile(await download.path(), "utf8"), /"Ida"/);
  const erase = async (name) => {
    await page.getByRole("button", { name: "Erase it" }).click();
    await page.getByLabel(/Type your short name/).fill(name);
    await faultless(page);
    await page.getByRole("button", { name: "Erase me" }).click();
  };
  await erase("kai");
  await page.locator("#you-said", { hasText: "this is not your short name" }).waitFor();
  await erase("ida");
  await page.locator("#you-said", { hasText: "is erased" }).waitFor();
  await is(page, "Nobody known");
  page.faults = page.faults.filter((fault) => !fault.includes("422"));
  await close(page);
});

for (const colorScheme of ["dark", "light"]) {
  test(`on a telephone the ${colorScheme} panel has no fault that axe can find, and nothing is cut off`, async () => {
    const page = await come("olga", { viewport: { width: 360, height: 740 }, colorScheme });
    await is(page, "Olga");
    await panel(page);
    for (const part of ["profile", "given", "audit", "everybody"]) await page.locator(`#${part} summary`).click();
    await page.locator("#people li").first().waitFor();
    await says(page, "open the garage");
    await page.locator("#pending").waitFor();
    await faultless(page);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
    await page.screenshot({ path: new URL(`../../target/page/household-${colorScheme}.png`, import.meta.url).pathname, fullPage: true });
    await close(page);
  });
}
