// What the page asks of the board.

import { $ } from "./elements.js";

const PROBLEM_TIME = 8000;

/** Asks, and shows the board's reason where it refuses. Returns whether it agreed. */
export async function post(path, body = {}) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) say(await response.text());
    return response.ok;
  } catch {
    // The banner about the silent board says it already.
    return false;
  }
}

let problemTimer;
function say(problem) {
  $("problem").textContent = problem;
  $("problem").hidden = false;
  clearTimeout(problemTimer);
  problemTimer = setTimeout(() => { $("problem").hidden = true; }, PROBLEM_TIME);
}
