// Reads the guide as people do: every page, in light and dark and on a phone, by mouse, by keyboard
// and without JavaScript.
//
//   node test.mjs ADDRESS            the address where the pages are served
//   SHOTS=DIR node test.mjs ADDRESS  also leaves pictures of some pages in DIR
//   ONLY=WORD node test.mjs ADDRESS  only the tests with that word in their name
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const address = process.argv[2];
const shots = process.env.SHOTS;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox"],
});

// A page that fails the test on a console error and on any request that leaves the machine.
async function open(options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith("data:")) problems.push(`request: ${url}`);
  });
  page.problems = () => problems.splice(0);
  return page;
}

async function chapters() {
  const page = await open();
  await page.goto(`${address}/toc.html`);
  const links = await page.$$eval("a", (all) => all.map((a) => a.getAttribute("href")));
  await page.context().close();
  return [...new Set(links.map((link) => link.split("#")[0]))].filter((link) => link.endsWith(".html"));
}

async function findings(page) {
  await page.addScriptTag({ content: axe });
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")}`);
}

async function shot(page, name) {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}

const tests = {
  async "every page in light and dark"() {
    const wrong = [];
    for (const theme of ["light", "navy"]) {
      const page = await open({ viewport: { width: 1280, height: 900 } });
      await page.addInitScript((theme) => localStorage.setItem("mdbook-theme", theme), theme);
      for (const chapter of pages) {
        await page.goto(`${address}/${chapter}`);
        assert.equal(await page.locator("main h1").count(), 1, `${chapter} has one title`);
        const found = [...page.problems(), ...await findings(page)];
        wrong.push(...found.map((problem) => `${chapter} in ${theme}: ${problem}`));
        await shot(page, `${chapter.replace(".html", "")}-${theme}`);
      }
      await page.context().close();
    }
    assert.deepEqual(wrong, []);
  },

  async "every page on a phone"() {
    const page = await open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
    for (const chapter of pages) {
      await page.goto(`${address}/${chapter}`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await shot(page, `${chapter.replace(".html", "")}-phone`);
      assert.ok(wide <= 1, `${chapter} is ${wide} pixels wider than the phone`);
      assert.deepEqual(page.problems(), [], chapter);
    }
    await page.context().close();
  },

  async "search finds a word and leads there"() {
    const page = await open();
    await page.goto(`${address}/introduction.html`);
    await page.keyboard.press("s");
    await page.locator("#mdbook-searchbar").pressSequentially("hysteresis");
    const hit = page.locator("#mdbook-searchresults a").first();
    await hit.waitFor();
    await hit.click();
    await page.waitForURL(/step0-offline\.html/);
    assert.deepEqual(page.problems(), []);
    await page.context().close();
  },

  async "a quiz works by keyboard alone, is remembered, counted and forgotten"() {
    const page = await open();
    await page.goto(`${address}/introduction.html`);
    const question = page.locator('[data-question="always-online"]');
    const verdict = question.locator(".quiz-verdict");
    await question.locator("input").first().focus();
    await page.keyboard.press("Space");
    assert.equal((await verdict.textContent()).trim(), "", "choosing does not judge yet");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.match(await verdict.textContent(), /^Not quite\. /);
    await question.locator("input").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.match(await verdict.textContent(), /^Right\. It connects when/);

    await page.reload();
    assert.match(await verdict.textContent(), /^Right\. /, "remembered");

    await page.goto(`${address}/progress.html`);
    const row = page.locator('tr[data-quiz="before"]');
    assert.equal(await row.locator(".answered").textContent(), "1");
    assert.equal(await row.locator(".correct").textContent(), "1");
    await page.getByRole("button", { name: "Forget all my answers" }).click();
    assert.equal(await row.locator(".answered").textContent(), "0");
    await page.goto(`${address}/introduction.html`);
    assert.equal((await verdict.textContent()).trim(), "", "forgotten");
    assert.deepEqual(page.problems(), []);
    await page.context().close();
  },

  async "a short answer may be written in several ways, and is remembered"() {
    const page = await open();
    await page.goto(`${address}/step2-telemetry.html`);
    const question = page.locator('[data-question="never-waits"]');
    const verdict = question.locator(".quiz-verdict");
    const field = question.getByRole("textbox");
    await question.getByRole("button", { name: /Check/ }).click();
    assert.equal(await verdict.textContent(), "Write an answer first.");
    await field.fill("publish");
    await page.keyboard.press("Enter");
    assert.match(await verdict.textContent(), /^Not quite\. It waits for room/);
    await field.fill("something else");
    assert.equal((await verdict.textContent()).trim(), "", "writing does not judge yet");
    await page.keyboard.press("Enter");
    assert.match(await verdict.textContent(), /^Not quite\. Compare your answer/);
    await field.fill(" `Client.try_publish`. ");
    await page.keyboard.press("Enter");
    assert.match(await verdict.textContent(), /^Right\. When there is no room/);
    await page.reload();
    assert.match(await verdict.textContent(), /^Right\. /, "remembered");
    await question.getByRole("button", { name: /don’t know/ }).click();
    await page.reload();
    assert.match(await verdict.textContent(), /^No harm: /, "remembered too");
    assert.deepEqual(page.problems(), []);
    await page.context().close();
  },

  async "packets are put in order by keyboard alone"() {
    const page = await open();
    await page.goto(`${address}/mqtt-deeper.html`);
    const question = page.locator('[data-question="qos2-order"]');
    const verdict = question.locator(".quiz-verdict");
    const order = () => question.locator("ol.order li").evaluateAll((all) => all.map((li) => li.dataset.item));
    const wanted = ["publish", "pubrec", "pubrel", "pubcomp"];
    assert.notDeepEqual(await order(), wanted);
    await question.getByRole("button", { name: "Check" }).press("Enter");
    assert.match(await verdict.textContent(), /^Not quite\. \d of 4 stand in their place\./);
    for (const [place, item] of wanted.entries()) {
      while ((await order()).indexOf(item) > place) {
        const up = question.getByRole("button", { name: `Move up: ${item.toUpperCase()}` });
        await up.press("Enter");
        const focused = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
        assert.match(focused, new RegExp(`: ${item.toUpperCase()}$`), "the focus moves along");
      }
    }
    assert.match(await verdict.textContent(), / is now \d of 4\.$/);
    await question.getByRole("button", { name: "Check" }).press("Enter");
    assert.match(await verdict.textContent(), /^Right\. PUBREC says/);
    await page.reload();
    assert.deepEqual(await order(), wanted, "remembered");
    assert.deepEqual(page.problems(), []);
    await page.context().close();
  },

  async "a question that comes back tells how it went the first time"() {
    const page = await open();
    const answer = async (question, words) => {
      await question.getByText(words, { exact: true }).first().click();
      await question.getByRole("button", { name: /Check/ }).click();
    };
    await page.goto(`${address}/introduction.html`);
    await answer(page.locator('[data-question="always-online"]'), "Yes, or it is no IoT device");
    await answer(page.locator('[data-question="always-http"]'), "No");
    await page.goto(`${address}/device-away.html`);
    const form = page.locator('[data-quiz="before-again"]');
    const again = form.locator('[data-question="before.always-online"]');
    assert.equal(await again.locator(".first-time").textContent(), "", "not before it is answered");
    await answer(again, "No");
    assert.equal(await again.locator(".first-time").textContent(), "The first time you were not quite right.");
    assert.match(await form.locator(".quiz-compare").textContent(), /first time 1 of 3, now 1 of 3/);
    await page.reload();
    assert.match(await form.locator(".quiz-compare").textContent(), /first time 1 of 3, now 1 of 3/);
    assert.deepEqual(page.problems(), []);
    await page.context().close();
  },

  async "not knowing is an answer, by mouse"() {
    const page = await open();
    await page.goto(`${address}/mqtt.html`);
    const question = page.locator('[data-question="different-ids"]');
    await question.getByText("I don’t know yet").click();
    await question.getByRole("button", { name: /Check/ }).click();
    assert.match(await question.locator(".quiz-verdict").textContent(), /read the reasons below/);
    await page.context().close();
  },

  async "without JavaScript everything can be read"() {
    const page = await open({ javaScriptEnabled: false });
    await page.goto(`${address}/introduction.html`);
    const question = page.locator('[data-question="always-online"]');
    assert.equal(await question.locator("li").first().isVisible(), false);
    await question.locator("summary").click();
    assert.equal(await question.locator("li").first().isVisible(), true);
    assert.equal(await page.locator("label.unsure").first().isVisible(), false);
    await page.goto(`${address}/mqtt-deeper.html`);
    const order = page.locator('[data-question="qos2-order"]');
    assert.equal(await order.locator("ol.order li").count(), 4);
    await order.locator("summary").click();
    assert.match(await order.locator("details ol").textContent(), /PUBLISH\s*PUBREC\s*PUBREL\s*PUBCOMP/);
    await page.goto(`${address}/step2-telemetry.html`);
    assert.equal(await page.getByRole("textbox").count(), 0, "nothing to write into");
    await page.goto(`${address}/progress.html`);
    assert.ok(await page.locator(".without-js").isVisible());
    await page.context().close();
  },

  async "the keyboard can skip the menus"() {
    const page = await open();
    await page.goto(`${address}/mqtt.html`);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip-link");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "MAIN");
    await page.context().close();
  },
};

const pages = await chapters();
assert.ok(pages.length > 20, `only ${pages.length} pages`);
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  if (!name.includes(process.env.ONLY ?? "")) continue;
  try {
    await test();
    console.log(`         ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`         FAILED ${name}\n${error.message}`);
  }
}
await browser.close();
process.exit(failed ? 1 : 0);
