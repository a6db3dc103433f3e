// A tab of the browser, and what every page must be.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** How long a thing may take that a person would wait for. Telemetry comes every five seconds. */
const SOON = 20_000;

/** A tab that is live, which is seen by `ready`; whatever goes wrong in it is added to `problems`. */
export async function openTab(browser, url, problems, { ready = "html[data-live=yes]", ...options } = {}) {
  const page = await browser.newPage(options);
  page.setDefaultTimeout(SOON);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => {
    // That of a blob is that of the page which has made it.
    if (new URL(request.url()).origin !== new URL(url).origin) problems.push(`a request to ${request.url()}`);
  });
  await page.goto(url);
  await page.locator(ready).waitFor();
  return page;
}

/** The page's own policy forbids what is not from here: such pages are opened with `bypassCSP`. */
export async function accessible(page) {
  await page.addScriptTag({ path: AXE });
  const findings = await page.evaluate(() => axe.run());
  const serious = findings.violations.filter(({ impact }) => ["serious", "critical"].includes(impact));
  assert.deepEqual(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html)}`), []);
}

/** By how many pixels the page is too wide for its window. */
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
