// The page in a real browser, around the finished programs. Run by `cargo test -p xtask`, or by
// hand: `npm test`.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { launch } from "./chromium.mjs";
import { board, play } from "./play.mjs";
import { accessible, openTab, overflow } from "./tab.mjs";

const ID = `browser-${process.pid}`;

let browser;
let stage;
const problems = [];

before(async () => {
  browser = await launch();
  stage = await play(ID);
});
after(async () => {
  await browser?.close();
  await stage?.end();
});
afterEach(() => {
  assert.deepEqual(problems.splice(0), []);
});

const open = (url = stage.url, options) => openTab(browser, url, problems, options);

const state = (page, who, health) => page.locator(`#${who}[data-health=${health}]`).waitFor();
const lamp = (page, words) => page.locator("#lamp", { hasText: new RegExp(`^${words}$`) }).waitFor();
const packet = (page, text) => page.locator("#packets > li", { hasText: text }).first();

/** Leaves problems alone that a test has made on purpose. */
function forgive(words) {
  problems.splice(0, Infinity, ...problems.filter((problem) => !problem.includes(words)));
}

async function everybodyIsThere(page) {
  for (const who of ["device", "broker", "server"]) await state(page, who, "good");
}

/** The programs of this play, by what they were given. */
function processes(name) {
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "utf8").includes(`NIGHTLIGHT_ID=${ID}\0`)
        && readlinkSync(`/proc/${pid}/exe`).includes(name);
    } catch {
      // Gone in the meantime, or somebody else's.
      return false;
    }
  }).map(Number);
}

test("the slider crosses 300 by keyboard, and the lamp follows by way of the wire", async () => {
  const page = await open();
  await everybodyIsThere(page);
  const slider = page.getByLabel("Light level", { exact: true });
  await slider.focus();
  await page.keyboard.press("End");
  await lamp(page, "LED off");
  await packet(page, '{"light":1023}').waitFor();

  await page.getByRole("button", { name: "300", exact: true }).click();
  await packet(page, '{"light":300}').waitFor();
  await packet(page, '{"led_on":false}').waitFor();
  await lamp(page, "LED off");

  await slider.focus();
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.locator("#level").textContent(), "299");
  assert.match(await slider.getAttribute("aria-valuetext"), /night/);
  await packet(page, '{"light":299}').waitFor();
  await packet(page, '{"led_on":true}').waitFor();
  await lamp(page, "LED on");
  await page.locator("#scene.lit").waitFor();
  await page.locator("#device-lines", { hasText: 'Message received: {"led_on":true}' }).waitFor();
  await page.locator("#server-lines", { hasText: 'Message received: {"light":299}' }).waitFor();
  await page.close();
});

/** Whether all of an element can be seen. */
const inView = (locator) => locator.evaluate((element) => {
  const { top, bottom, left, right } = element.getBoundingClientRect();
  return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
});

for (const [width, height] of [[1280, 720], [360, 740], [640, 360]]) {
  test(`after the skip link slider and lamp are in view: ${width} by ${height}`, async () => {
    const page = await open(stage.url, { viewport: { width, height } });
    await everybodyIsThere(page);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator("#light:focus").waitFor();
    for (const part of ["#light", "#mark", "#lamp"]) assert.ok(await inView(page.locator(part)), part);
    await page.close();
  });
}

test("the page says when the device looks again, and then the lamp obeys", async () => {
  const page = await open();
  await everybodyIsThere(page);
  const next = (seconds) => page.locator("#next-look", { hasText: `Next look at the light in ${seconds} s.` }).waitFor();
  await next(4);
  const was = await page.locator("#lamp").textContent();
  await page.getByLabel("Light level", { exact: true }).fill(was === "LED on" ? "1000" : "10");
  await next(2);
  await next(1);
  await lamp(page, was === "LED on" ? "LED off" : "LED on");
  await page.close();
});

test("the list of packets is one tab stop, and the focus stays on what is read", async () => {
  const page = await open();
  await packet(page, '{"light":').waitFor();
  await page.locator("#clear").focus();
  await page.keyboard.press("Tab");
  const focused = page.locator("#packets summary:focus");
  await focused.waitFor();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowUp"]) await page.keyboard.press(key);
  const read = await focused.textContent();
  const newest = async () => (await page.locator("#packets summary").first().textContent());
  const before = await newest();
  await page.waitForFunction((before) => document.querySelector("#packets summary").textContent !== before, before);
  assert.equal(await focused.textContent(), read);
  assert.equal(await page.locator("#packets summary[tabindex='0']").count(), 1);

  // Open, filtered and shown again, it is the same row, and still open.
  await page.keyboard.press("Enter");
  await page.locator("#packets details[open] summary:focus").waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("Home");
  assert.equal(await focused.textContent(), await newest());
  await page.keyboard.press("Tab");
  assert.equal(await page.locator("#packets :focus").count(), 0);
  await page.keyboard.press("Shift+Tab");
  assert.equal(await focused.textContent(), await newest());
  await page.getByRole("button", { name: "Go on" }).click();
  assert.equal(await page.locator("#packets details[open]").count(), 1);
  await page.close();
});

test("a button that was pressed keeps the focus", async () => {
  const page = await open();
  await everybodyIsThere(page);
  await page.locator("#cut-form [name=seconds]").selectOption("3");
  await page.locator("#cut").focus();
  await page.keyboard.press("Enter");
  await page.locator("#cut[aria-disabled=true]:focus").waitFor();
  await page.locator("#cut[aria-disabled=false]:focus").waitFor();
  await everybodyIsThere(page);
  await page.close();
});

test("two tabs stay in step, and a reload forgets nothing", async () => {
  const [one, two] = [await open(), await open()];
  await one.getByLabel("Light level", { exact: true }).fill("777");
  await two.locator("#level", { hasText: /^777$/ }).waitFor();
  await two.reload();
  await two.locator("#level", { hasText: /^777$/ }).waitFor();
  await packet(two, "CONNECT").waitFor();
  await one.close();
  await two.close();
});

test("day and night move the light, in every tab, until a hand takes it", async () => {
  const [one, two] = [await open(), await open()];
  await one.getByLabel("Light level", { exact: true }).fill("400");
  await one.getByRole("switch", { name: "Day and night" }).click();
  await two.locator("#daylight[aria-checked=true]").waitFor();
  await two.locator("#level", { hasNotText: /^400$/ }).waitFor();
  await two.getByLabel("Light level", { exact: true }).fill("5");
  await one.locator("#daylight[aria-checked=false]").waitFor();
  await one.locator("#level", { hasText: /^5$/ }).waitFor();
  await one.close();
  await two.close();
});

test("packets can be read, found and held", async () => {
  const page = await open();
  await packet(page, '{"light":').waitFor();
  await page.getByLabel("Kind").selectOption("messages");
  await page.getByLabel("Find").fill("telemetry");
  await packet(page, '{"light":').waitFor();
  const kinds = await page.locator("#packets .kind").allTextContents();
  assert.deepEqual([...new Set(kinds)], ["PUBLISH"]);

  // Opening one holds the list still.
  await page.locator("#packets summary").first().press("Enter");
  await page.locator("#packets .explanation", { hasText: "fire and forget" }).waitFor();
  await page.locator("#pause[aria-pressed=true]").waitFor();
  const shown = await page.locator("#packets > li").count();
  await page.locator("#count", { hasText: "new" }).waitFor();
  assert.equal(await page.locator("#packets > li").count(), shown);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.locator("#pause[aria-pressed=false]").waitFor();

  await page.getByText("What the kinds of packets mean").click();
  await page.locator("#glossary dt", { hasText: "PINGREQ" }).waitFor();
  await page.close();
});

test("a cut line is seen, and mends", async () => {
  const page = await open();
  await everybodyIsThere(page);
  await page.locator("#cut-form [name=seconds]").selectOption("3");
  await page.getByRole("button", { name: "Cut the line" }).click();
  await state(page, "device", "waiting");
  await state(page, "server", "waiting");
  assert.match(await page.locator("#device").textContent(), /not connected/);
  await page.locator("#wire-device[data-state=broken]").waitFor();
  await state(page, "broker", "good");
  await everybodyIsThere(page);
  await page.close();
});

test("a restarted broker comes back, and so do the programs", async () => {
  const page = await open();
  await everybodyIsThere(page);
  await page.getByRole("button", { name: "Restart the broker" }).click();
  await state(page, "broker", "waiting");
  await state(page, "device", "waiting");
  await everybodyIsThere(page);
  await page.locator("#restart[aria-disabled=false]").waitFor();
  await page.close();
});

test("malformed messages are sent, and survived", async () => {
  const page = await open();
  await everybodyIsThere(page);
  for (const [to, sort, payload] of [
    ["server", "not-json", "not json"],
    ["server", "wrong-type", '{"light": "dark"}'],
    ["device", "wrong-key", '{"lamp": true}'],
  ]) {
    await page.locator("#malformed-form [name=to]").selectOption(to);
    await page.locator("#malformed-form [name=sort]").selectOption(sort);
    await page.getByRole("button", { name: "Send a malformed message" }).click();
    await packet(page, `page → broker`).waitFor();
    await page.locator("#packets > li", { hasText: `broker → ${to}` }).filter({ hasText: payload }).first().waitFor();
  }
  await page.locator("#server-lines .stderr", { hasText: "ignored" }).first().waitFor();
  await everybodyIsThere(page);
  await page.close();
});

test("a program that dies is said to be gone, and can be started again", { skip: process.platform !== "linux" }, async () => {
  const page = await open();
  await everybodyIsThere(page);
  const [device] = processes("commands-device");
  process.kill(device, "SIGKILL");
  await state(page, "device", "gone");
  assert.match(await page.locator("#device").textContent(), /killed by signal 9/);
  await state(page, "server", "good");
  await page.getByRole("button", { name: "Start the device again" }).click();
  await state(page, "device", "good");
  await page.close();
});

test("parts are plugged in, set and unplugged; nonsense is explained", async () => {
  const page = await open();
  await page.getByText("Parts on this board").click();
  await page.locator("#part-kinds").selectOption("sensor:Temperature");
  await page.locator("#add-form [name=port]").fill("7");
  await page.getByRole("button", { name: "Plug in", exact: true }).click();
  const part = page.locator('[data-part="sensor 7"]');
  await part.getByLabel("from").fill("30");
  await part.getByLabel("to", { exact: true }).fill("20");
  await part.getByLabel("Random").check();
  const expected = page.waitForResponse((response) => response.status() === 400);
  await part.getByRole("button", { name: "Set" }).click();
  await expected;
  await page.locator("#problem", { hasText: "`random_min` is 30" }).waitFor();
  // The browser logs each refused request; this one was wanted.
  forgive("400 (Bad Request)");
  await part.getByRole("button", { name: "Unplug Temperature on port 7" }).click();
  await part.waitFor({ state: "detached" });
  await page.close();
});

test("a board alone works, and says who uses it", async () => {
  const alone = await board();
  after(() => alone.end());
  const page = await open(alone.url, { bypassCSP: true });
  await page.getByText("No program is using this board.").waitFor();
  assert.equal(await page.locator("#wiretap").isVisible(), false);
  await fetch(`${alone.url}/sensor_value?port=0`);
  await page.getByText("A program last used this board").waitFor();
  await accessible(page);
  await page.close();
  assert.equal(await alone.end(), 0);
});

for (const [name, options] of Object.entries({
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { colorScheme: "light", viewport: { width: 360, height: 740 }, hasTouch: true },
})) {
  test(`everybody can use it: ${name}`, async () => {
    const page = await open(stage.url, { ...options, bypassCSP: true, reducedMotion: "reduce" });
    await everybodyIsThere(page);
    await packet(page, '{"light":').waitFor();
    await page.locator("#packets summary").first().click();
    await page.getByText("Parts on this board").click();
    await page.getByText("What the kinds of packets mean").click();
    await accessible(page);
    const pixels = await overflow(page);
    assert.ok(pixels <= 0, `the page is ${pixels} px too wide`);
    await page.close();
  });
}

test("when the board ends, the page withdraws what it knew, and nothing stays behind", async () => {
  const page = await open();
  await everybodyIsThere(page);
  assert.equal(await stage.end(), 0);
  await page.locator("#silent", { hasText: "does not answer" }).waitFor();
  for (const who of ["device", "broker", "server"]) await state(page, who, "waiting");
  if (process.platform === "linux") assert.deepEqual(processes("commands-"), []);
  // The browser says that it cannot reach the board, and so does the page.
  forgive("net::ERR");
  await page.close();
});
