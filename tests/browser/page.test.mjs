// The page as a person meets it: a real node, a real browser. Run by scripts/test-page.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";
import { start } from "./node.mjs";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = new URL("../../target/page/", import.meta.url).pathname;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

const digest = `sha256:${"0a".repeat(32)}`;
const serving = {
  state: "on_probation",
  digest,
  version: "0.1.0",
  last: { verb: "refresh", outcome: "done", step: null, message: null, at: Date.now() - 2 * 3600 * 1000 },
};

let browser, bare, talkative, supervised;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.LADYLINUX_CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  [bare, talkative, supervised] = await Promise.all([start(), start({ model: "chatty" }), start({ digest, status: serving })]);
});

after(async () => {
  await browser?.close();
  await Promise.all([bare?.stop(), talkative?.stop(), supervised?.stop()]);
});

/** Opens the page of `node`, and fails the test on a script error or a request to anywhere else. */
async function open(node, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 760 }, colorScheme: "dark", ...options });
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("console", (message) => message.type() === "error" && page.faults.push(message.text()));
  page.on("request", (request) => {
    if (!request.url().startsWith(node.url)) page.faults.push(`a request to ${request.url()}`);
  });
  await page.goto(node.url);
  return page;
}

async function ask(page, question) {
  await page.getByLabel("Your question").fill(question);
  await page.keyboard.press("Enter");
}

const lastAnswer = (page) => page.locator(".turn").last().locator(".answer");
const settled = (page) => page.getByRole("button", { name: "Ask", exact: true }).waitFor();

async function close(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

test("a fresh node answers about its machine, and says that no model was needed", async () => {
  const page = await open(bare);
  await ask(page, "how much disk space is free?");
  await settled(page);
  const answer = await lastAnswer(page).textContent();
  assert.match(answer, /free/);
  assert.match(answer, /without a model/);
  await close(page);
});

test("an answer from the documents cites the page it comes from", async () => {
  const page = await open(bare);
  await ask(page, "what happens when a worker dies?");
  await settled(page);
  const source = lastAnswer(page).locator(".sources summary").first();
  await source.click();
  assert.match(await lastAnswer(page).locator(".sources").textContent(), /architecture\.md/);
  assert.ok((await lastAnswer(page).locator(".sources blockquote").first().textContent()).length > 20);
  await close(page);
});

test("a source opens its document where it was cited, and what was cited is marked", async () => {
  const page = await open(bare);
  await ask(page, "what happens when a worker dies?");
  await settled(page);
  await lastAnswer(page).locator(".sources summary").first().click();
  const quote = await lastAnswer(page).locator(".sources blockquote").first().textContent();
  const [opened] = await Promise.all([page.context().waitForEvent("page"), lastAnswer(page).locator(".sources a").first().click()]);
  const marks = opened.locator("mark");
  await marks.first().waitFor();
  assert.equal((await marks.allTextContents()).join(""), quote);
  assert.match(await opened.locator("#about").textContent(), /architecture\.md · cited: bytes \d+ to \d+ of \d+/);
  const shown = () => opened.locator("#text section").count();
  const before = await shown();
  await opened.getByRole("button", { name: "Earlier" }).click();
  await opened.waitForFunction((count) => document.querySelectorAll("#text section").length > count, before);
  await opened.evaluate(axe);
  const faults = await opened.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
  assert.deepEqual(faults.violations.map((violation) => violation.id), []);
  await opened.screenshot({ path: `${pictures}document.png` });
  await close(page);
});

test("a document that is not there says so", async () => {
  const page = await open(bare);
  await page.goto(`${bare.url}/document?document=/etc/passwd&start=0&end=9`);
  await page.getByText("there is no such document that you may see").waitFor();
  page.faults = page.faults.filter((fault) => !fault.includes("404"));
  await close(page);
});

test("the pages of the first LadyLinux tell what the machine says, where and when it was read", async () => {
  for (const [path, topics] of [["/os", ["os", "uptime", "load", "memory", "disk", "services", "updates", "logs"]], ["/users", ["users"]], ["/firewall", ["firewall", "listeners"]]]) {
    const page = await open(bare);
    await page.goto(bare.url + path);
    for (const topic of topics) {
      const fact = page.locator(`[data-topic="${topic}"]`);
      await fact.locator(".by").waitFor();
      assert.match(await fact.textContent(), /Read from this machine/);
    }
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run());
    assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes[0].html}`), [], path);
    await page.screenshot({ path: `${pictures}${path.slice(1)}.png`, fullPage: true });
    await close(page);
  }
});

test("what failed, what waits and what went wrong on the host is listed, with its age", async () => {
  const read_at = Date.now() - 120_000;
  const fact = (topic, data) => ({ topic, sentence: "", read_at, source: "machine", notes: [], data });
  const unit = (name, active, sub, more = {}) => ({ name, description: `What ${name} is`, active, sub, result: null, exit_code: null, since: null, ...more });
  const waits = (name, security, held = false) => ({ package: name, installed: "3.5.1-1", available: "3.5.1-1+deb13u1", archive: "Debian-Security stable-security", security, held });
  const host = await start({ facts: [
    fact("services", { started_by: "systemd", units: [unit("nginx.service", "failed", "failed", { result: "exit-code", exit_code: 1, since: read_at }), unit("ssh.service", "active", "running")] }),
    fact("updates", { package_manager: "dpkg", waiting: [waits("openssl", true), waits("tzdata", false), waits("nginx", false, true)], complete: true, lists_age_seconds: 7200, restart: { needed: true, packages: ["linux-image-6.12.48+deb13-amd64"], newest_kernel_runs: false } }),
    fact("logs", { journal: "read", errors_since: read_at - 86_400_000, errors: 3, complete: true, by_unit: [{ unit: "nginx.service", count: 3, worst: "error", last_at: read_at, message: "<img src=x> bind to … failed" }] }),
  ] });
  try {
    const page = await open(host);
    await page.goto(`${host.url}/os`);
    const told = async (topic) => {
      const section = page.locator(`[data-topic="${topic}"]`);
      await section.locator("summary").first().click();
      return section.textContent();
    };
    assert.match(await told("services"), /1 unit has failed: nginx\.service \(exit-code 1\)\. 1 service runs\. As of 2 minutes ago.*snapshot of the host.*failed nginx\.service: What/s);
    assert.match(await told("updates"), /has to be restarted, for linux-image.*2 updates wait, 1 of them for security: openssl and tzdata\. 1 package is held back.*security openssl 3\.5\.1-1 → 3\.5\.1-1\+deb13u1/s);
    assert.match(await told("logs"), /3 errors were logged.*error 3 × nginx\.service.*<img src=x> bind to … failed/s);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run());
    assert.deepEqual(violations.map((one) => `${one.id}: ${one.nodes[0].html}`), []);
    await page.screenshot({ path: `${pictures}os-host.png`, fullPage: true });
    await close(page);
  } finally {
    await host.stop();
  }
});

test("the firewall is explained from what was read, by the page", async () => {
  const page = await open(bare);
  await page.goto(`${bare.url}/firewall`);
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await page.locator("#answer", { hasText: "Lady Linux:" }).waitFor();
  await close(page);
});

test("several turns stay on the page, and a new conversation clears it", async () => {
  const page = await open(bare);
  await ask(page, "what time is it?");
  await settled(page);
  await ask(page, "how long has this machine been up?");
  await settled(page);
  assert.equal(await page.locator(".turn").count(), 2);
  await page.getByRole("button", { name: "New conversation" }).click();
  assert.equal(await page.locator(".turn").count(), 0);
  await close(page);
});

test("what is missing is shown with how to mend it, and that conversations are not kept", async () => {
  const page = await open(bare);
  await page.locator("#state").click();
  await page.locator(".mend").first().waitFor();
  assert.match(await page.locator("#issues").textContent(), /missing model .*put its files/s);
  assert.match(await page.locator("#composer").textContent(), /gone after a restart/);
  await close(page);
});

/** Opens what the node says about itself. */
async function lookAtNode(page) {
  await page.locator("#state").click();
  await page.locator("#release-facts dt").first().waitFor();
}

async function useToken(page, token) {
  await page.getByRole("button", { name: "Use a token" }).click();
  await page.getByLabel("Token", { exact: true }).fill(token);
  await page.getByRole("button", { name: "Use it" }).click();
}

test("a node that nobody supervises names its release and offers no refresh", async () => {
  const page = await open(bare);
  await lookAtNode(page);
  const release = page.getByRole("region", { name: "Release" });
  assert.match(await release.textContent(), /Version\d+\.\d+\.\d+/);
  const token = bare.token("chat,admin");
  const looked = page.waitForResponse("**/api/release");
  await useToken(page, token);
  assert.equal((await (await looked).json()).may_refresh, false);
  assert.equal(await page.getByRole("button", { name: "Refresh", exact: true }).isVisible(), false);
  await close(page);
});

test("a supervised node tells its image, its probation and its last refresh, and only an admin may refresh it", async () => {
  const page = await open(supervised);
  await lookAtNode(page);
  const release = page.getByRole("region", { name: "Release" });
  assert.match(await release.textContent(), /Image0a0a0a0a0a0a.*StateServes, on probation.*Last refreshDone, 2 hours ago/s);
  const button = page.getByRole("button", { name: "Refresh", exact: true });
  assert.equal(await button.isVisible(), false);

  await useToken(page, supervised.token("chat,admin"));
  await button.click();
  await page.getByRole("button", { name: "Not now" }).last().click();
  assert.deepEqual(supervised.take(), []);
  await button.click();
  await page.getByRole("button", { name: "Refresh now" }).click();
  await page.getByText("The supervisor is asked for a refresh.").waitFor();
  const asked = supervised.take();
  assert.equal(asked.length, 1);
  assert.equal(asked[0].verb, "refresh");
  supervised.say({ ...serving, last: { verb: "refresh", outcome: "unchanged", step: null, message: null, at: Date.now() } });
  await page.getByText("The refresh ended: Nothing newer was found").waitFor();
  supervised.say(serving);
  await close(page);
});

test("a node that was refused its refresh says why and what to do", async () => {
  const page = await open(supervised);
  const last = { verb: "refresh", outcome: "refused", step: null, message: "the registry does not answer", at: Date.now() };
  supervised.say({ ...serving, last });
  await lookAtNode(page);
  await page.getByText("the registry does not answer.").waitFor();
  assert.match(await page.locator("#release").textContent(), /Refused/);
  supervised.say(serving);
  await close(page);
});

test("an answer of the model streams, names the worker, and stops when asked to", async () => {
  const page = await open(talkative);
  // The test model speaks thousands of words a second; a slow line lets a person keep up.
  const line = await page.context().newCDPSession(page);
  await line.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: 8000, uploadThroughput: -1 });
  await ask(page, "what happens when a worker dies?");
  await page.waitForFunction(() => document.querySelector(".answer .text")?.textContent.length > 40);
  await page.keyboard.press("Escape");
  await settled(page);
  assert.match(await lastAnswer(page).textContent(), /Stopped/);
  const stopped = await lastAnswer(page).textContent();
  await ask(page, "what time is it?");
  await settled(page);
  assert.equal(await page.locator(".answer").first().textContent(), stopped);
  await close(page);
});

test("a turn that the model ends is attributed to the llm worker", async () => {
  const page = await open(talkative);
  await page.route("**/turns", async (route) => {
    const events = [
      ["token", { text: "It is started **again**." }],
      ["done", { answered_by: { kind: "model", id: "chatty" } }],
    ];
    const body = events.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join("");
    await route.fulfill({ contentType: "text/event-stream", body });
  });
  await ask(page, "anything");
  await settled(page);
  assert.match(await lastAnswer(page).textContent(), /Answered by the llm worker with chatty/);
  assert.equal(await lastAnswer(page).locator("strong").textContent(), "again");
  await close(page);
});

test("model text is never HTML", async () => {
  const page = await open(bare);
  const nasty = "<img src=x onerror=alert(1)> <script>alert(1)</script> [click](javascript:alert(1)) `<b>` **<i>x</i>**";
  await page.route("**/turns", (route) =>
    route.fulfill({ contentType: "text/event-stream", body: `event: token\ndata: ${JSON.stringify({ text: nasty })}\n\nevent: done\ndata: {}\n\n` }),
  );
  await ask(page, "<b>bold?</b>");
  await settled(page);
  assert.equal(await page.locator("#turns :is(img, script, a, b, i)").count(), 0);
  assert.match(await lastAnswer(page).textContent(), /<img src=x onerror=alert\(1\)>/);
  assert.match(await page.locator(".asked").textContent(), /<b>bold\?<\/b>/);
  await close(page);
});

test("an answer that breaks off is said to have failed", async () => {
  const page = await open(bare);
  await page.route("**/turns", (route) =>
    route.fulfill({ contentType: "text/event-stream", body: `event: token\ndata: ${JSON.stringify({ text: "It is" })}\n\n` }),
  );
  await ask(page, "anything");
  await settled(page);
  assert.match(await lastAnswer(page).textContent(), /It is.*The answer broke off/s);
  await close(page);
});

test("the keyboard is enough", async () => {
  const page = await open(bare);
  const skip = page.getByRole("link", { name: "Skip to the question" });
  await skip.focus();
  assert.ok((await skip.boundingBox()).x >= 0, "the link shows itself when it has the focus");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "question");
  await page.keyboard.type("what time is it?");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "ask");
  await page.keyboard.press("Enter");
  await settled(page);
  assert.equal(await page.locator(".turn").count(), 1);
  await close(page);
});

for (const colorScheme of ["dark", "light"]) {
  test(`the ${colorScheme} page has no fault that axe can find (WCAG 2.1 AA), and has its picture taken`, async () => {
    const page = await open(bare, { colorScheme, bypassCSP: true });
    await ask(page, "how much disk space is free?");
    await settled(page);
    await ask(page, "what happens when a worker dies?");
    await settled(page);
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.screenshot({ path: `${pictures}page-${colorScheme}.png` });
    await page.locator("#state").click();
    await page.locator(".mend").first().waitFor();
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }),
    );
    assert.deepEqual(violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.html).join(" ")}`), []);
    await page.screenshot({ path: `${pictures}page-${colorScheme}-node.png` });
    await close(page);
  });

  test(`the ${colorScheme} release section has no fault that axe can find, and has its picture taken`, async () => {
    const page = await open(supervised, { colorScheme, bypassCSP: true });
    await lookAtNode(page);
    await useToken(page, supervised.token("chat,admin"));
    await page.getByRole("button", { name: "Refresh", exact: true }).waitFor();
    await page.evaluate(axe);
    const find = () => page.evaluate(() => window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
    const faults = ({ violations }) => violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.html).join(" ")}`);
    assert.deepEqual(faults(await find()), []);
    await page.screenshot({ path: `${pictures}page-${colorScheme}-release.png` });
    await page.getByRole("button", { name: "Refresh", exact: true }).click();
    assert.deepEqual(faults(await find()), []);
    await page.screenshot({ path: `${pictures}page-${colorScheme}-sure.png` });
    await close(page);
  });
}

test("on a telephone nothing is cut off", async () => {
  const page = await open(bare, { viewport: { width: 360, height: 740 } });
  await ask(page, "how much disk space is free?");
  await settled(page);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  await page.screenshot({ path: `${pictures}page-narrow.png` });
  await close(page);
});
