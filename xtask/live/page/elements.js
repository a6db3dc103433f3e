// The page's elements: found by id, and made.

export const $ = (id) => document.getElementById(id);

/** Makes an element: its class, its text. */
export function make(name, className, text) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Where on the page a program is shown: a monitor stands where servers do. */
export const place = (who) => (who === "monitor" ? "server" : who);

/** Writes a text, unless it is there: whoever listens to the page hears what is new. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
