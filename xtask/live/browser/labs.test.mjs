// The labs of every step that has some, around the finished programs: what a lab says that comes is
// what comes, and a wrong prediction is told apart from a right one.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { launch } from "./chromium.mjs";
import { play } from "./play.mjs";
import { accessible, openTab, overflow } from "./tab.mjs";

let browser;
let stage;
const problems = [];

before(async () => {
  browser = await launch();
  stage = await play(`labs-${process.pid}`, { step: "step1" });
});
after(async () => {
  await browser?.close();
  await stage?.end();
});
afterEach(() => {
  assert.deepEqual(problems.splice(0), []);
});

const deviceIsThere = (page) => page.locator("#device[data-health=good]").waitFor();
const labs = async () => (await fetch(`${stage.url}/nightlight/labs`)).json();

/** Opens a lab of the page, and writes this prediction. */
async function predict(page, { id, title }, packets) {
  const lab = page.locator(`#lab-${id}`);
  if ((await lab.getAttribute("open")) === null) await lab.getByText(title, { exact: true }).click();
  for (const [at, { kind, from }] of packets.entries()) {
    await lab.getByRole("button", { name: "Add a packet" }).click();
    await lab.getByLabel(`Kind of packet ${at + 1}`).selectOption(kind);
    await lab.getByLabel(`Direction of packet ${at + 1}`).selectOption(from);
  }
  return lab;
}

test("what a lab says that comes is what comes", async () => {
  const page = await openTab(browser, stage.url, problems);
  const all = await labs();
  assert.ok(all.length >= 3);
  for (const one of all) {
    await deviceIsThere(page);
    await page.locator("#cut:enabled").waitFor();
    const lab = await predict(page, one, one.packet);
    await lab.getByRole("button", { name: "I have predicted" }).click();
    await lab.locator(".outcome", { hasText: /^As you predicted\.$/ }).waitFor();
    assert.doesNotMatch(await lab.locator(".compared").textContent(), /✗/);
    await lab.getByText("Say in your own words why").click();
    await lab.getByText(one.explain.slice(0, 20)).waitFor();
  }
  await page.close();
});

test("a wrong prediction is shown beside what came, and can be mended", async () => {
  const page = await openTab(browser, stage.url, problems);
  await deviceIsThere(page);
  await page.locator("#cut:enabled").waitFor();
  const cut = (await labs()).find(({ act }) => act === "cut-line");
  const lab = await predict(page, cut, [{ kind: "DISCONNECT", from: "device" }, ...cut.packet]);
  await lab.getByRole("button", { name: "I have predicted" }).click();
  await lab.locator(".outcome", { hasText: "Not as you predicted" }).waitFor();
  assert.match(await lab.locator(".compared").textContent(), /DISCONNECT device → broker.*✗/s);
  assert.doesNotMatch(await lab.locator(".outcome").textContent(), /finished program/);
  await lab.getByRole("button", { name: "Once more" }).click();
  await lab.getByText("you predict that no packet comes").waitFor();
  await page.close();
});

for (const [name, options] of Object.entries({
  light: { colorScheme: "light" },
  phone: { colorScheme: "dark", viewport: { width: 360, height: 740 }, hasTouch: true },
})) {
  test(`everybody can use a lab: ${name}`, async () => {
    const page = await openTab(browser, stage.url, problems, { ...options, bypassCSP: true, reducedMotion: "reduce" });
    await deviceIsThere(page);
    const [one] = (await labs()).filter(({ until }) => until === "lamp");
    const lab = await predict(page, one, [{ kind: "PUBLISH", from: "device" }]);
    await accessible(page);
    await lab.getByRole("button", { name: "I have predicted" }).click();
    await lab.locator(".outcome", { hasText: "Not as you predicted" }).waitFor();
    await accessible(page);
    const pixels = await overflow(page);
    assert.ok(pixels <= 0, `the page is ${pixels} px too wide`);
    await page.close();
  });
}
