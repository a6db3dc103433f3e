// The check's eyes and hands in the page. It says what #light shows and what goes wrong, and clicks
// where it is told to.
(() => {
  // In order: several requests at once could pass each other.
  let said = Promise.resolve();
  const say = (what) => {
    const body = JSON.stringify(what);
    said = said.then(() => fetch("/check/said", { method: "POST", body })).catch(() => {});
  };

  // Of what does not load the event tells no more than the element, and it does not rise.
  const named = (event) => event.message || `${event.target.src || event.target.href} does not load`;
  addEventListener("error", (event) => say({ error: named(event) }), true);
  addEventListener("unhandledrejection", (event) => say({ error: String(event.reason) }));

  let last;
  const look = () => {
    const light = document.getElementById("light")?.textContent ?? null;
    if (light !== last) say({ light });
    last = light;
  };
  addEventListener("DOMContentLoaded", () => {
    look();
    const everything = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(look).observe(document, everything);
  });

  addEventListener("load", async () => {
    say({ loaded: true });
    for (;;) {
      const id = await (await fetch("/check/next")).text();
      const button = document.getElementById(id);
      button?.click();
      say({ clicked: button !== null });
    }
  });
})();
