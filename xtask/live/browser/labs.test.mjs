// The labs of every step that has some, around the finished programs: what a lab says that comes is
// what comes, and a wrong prediction is told apart from a right one.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { launch } from "./chromium.mjs";
import { play } from "./play.mjs";
import { accessible, openTab, overflow } from "./tab.mjs";

const STEPS = ["step1", "step2", "step3", "step4", "step5", "step6", "step7", "step8", "step9"];

let browser;
let stage;
const problems = [];

before(async () => {
  browser = await launch();
  stage = await play(`labs-${process.pid}`, { step: STEPS[0] });
});
after(async () => {
  await browser?.close();
  await stage?.end();
});
afterEach(() => {
  assert.deepEqual(problems.splice(0), []);
});

const labs = async ({ url } = stage) => (await fetch(`${url}/nightlight/labs`)).json();

/** Everybody who is not absent is connected, and no line is cut. */
async function allIsWell(page) {
  for (const who of ["device", "server"]) await page.locator(`#${who}:is([data-health=good], [data-health=absent])`).waitFor();
  await page.locator("#cut[aria-disabled=false]").waitFor();
  await page.locator("#restart[aria-disabled=false]").waitFor();
}

/** Just after a reading there are five seconds in which no other comes; of several devices it is the answer to the first. */
async function afterAReading(page, step) {
  const round = step === "step6" ? "/devices/device1/commands" : "/telemetry";
  const before = await page.locator("#packets > li", { hasText: round }).count();
  await page.waitForFunction(([round, before]) => [...document.querySelectorAll("#packets > li")].filter(({ textContent }) => textContent.includes(round)).length > before, [round, before]);
}

/** Opens a lab of the page, and writes this prediction. */
async function predict(page, { id, title, topics }, packets) {
  const lab = page.locator(`#lab-${id}`);
  if ((await lab.getAttribute("open")) === null) await lab.getByText(title, { exact: true }).click();
  for (const [at, { kind, from, topic, qos }] of packets.entries()) {
    await lab.getByRole("button", { name: "Add a packet" }).click();
    await lab.getByLabel(`Kind of packet ${at + 1}`).selectOption(kind);
    await lab.getByLabel(`Direction of packet ${at + 1}`).selectOption(from);
    if (topics.length === 0 || topic === null) continue;
    await lab.getByLabel(`Topic of packet ${at + 1}`).selectOption(topic);
    await lab.getByLabel(`Quality of service of packet ${at + 1}`).selectOption(String(qos));
  }
  return lab;
}

// A lab waits for the next reading most of its time.
describe("what a lab says that comes is what comes", { concurrency: 3 }, () => {
  for (const step of STEPS) {
    test(step, async () => {
      // What programs keep in files belongs to this run.
      const folder = mkdtempSync(join(tmpdir(), `labs-${step}-`));
      const own = await play(`labs-${step}-${process.pid}`, { step, environment: { NIGHTLIGHT_FOLDER: folder } });
      after(async () => {
        await own.end();
        rmSync(folder, { recursive: true });
      });
      const page = await openTab(browser, own.url, problems);
      const all = await labs(own);
      assert.ok(all.length >= 3);
      for (const one of all) {
        const lab = await predict(page, one, one.packet);
        await allIsWell(page);
        if (!["step1", "step8"].includes(step)) await afterAReading(page, step);
        await lab.getByRole("button", { name: "I have predicted" }).click();
        await lab.locator(".outcome", { hasText: "you predicted" }).waitFor();
        const [outcome, table] = [await lab.locator(".outcome").textContent(), await lab.locator(".compared").textContent()];
        assert.equal(outcome, "As you predicted.", `${one.title}: ${table}`);
        assert.doesNotMatch(table, /✗/);
        await lab.getByText("Say in your own words why").click();
        await lab.getByText(one.explain.slice(0, 20)).waitFor();
      }
      await page.close();
      assert.equal(await own.end(), 0);
    });
  }
});

test("a wrong prediction is shown beside what came, and can be mended", async () => {
  const page = await openTab(browser, stage.url, problems);
  await allIsWell(page);
  const cut = (await labs()).find(({ act }) => act === "cut-device");
  const lab = await predict(page, cut, [{ kind: "DISCONNECT", from: "program" }, ...cut.packet]);
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
    await allIsWell(page);
    const [one] = (await labs()).filter(({ until }) => until === "lamp");
    const lab = await predict(page, one, [{ kind: "PUBLISH", from: "program", topic: null }]);
    await accessible(page);
    await lab.getByRole("button", { name: "I have predicted" }).click();
    await lab.locator(".outcome", { hasText: "Not as you predicted" }).waitFor();
    await accessible(page);
    const pixels = await overflow(page);
    assert.ok(pixels <= 0, `the page is ${pixels} px too wide`);
    await page.close();
  });
}
