// A browser that is on the machine already: none is downloaded.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PLACES = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The browser's file, or nothing where there is none. */
export const place = PLACES.find((path) => path && existsSync(path));

/** Starts it. A container has no user namespaces to build its sandbox from, and the page is ours. */
export function launch() {
  return chromium.launch({ executablePath: place, args: ["--no-sandbox"] });
}
