// Orders: what somebody types to the server, and the switch that takes the device away.

import { $ } from "./elements.js";
import { post } from "./requests.js";

const isAway = (now) => now.device.word === "unplugged";

let now = null;

/** Shows where orders are typed, if there is a program that takes some; and whether the device is away. */
export function showOrders(state) {
  now = state;
  $("orders").hidden = !now.takes_orders;
  $("away-row").hidden = !now.can_be_away;
  $("away").setAttribute("aria-checked", isAway(now));
  $("survives").textContent = `A good program survives all ${now.can_be_away || now.encrypted ? "four" : "three"}, and the lamp obeys again without anybody starting anything.`;
  if (!now.takes_orders) return;
  // The skip link leads to what is moved here: in such a step that is no light.
  $("skip").href = "#order";
  $("skip").textContent = "To the orders";
}

/** Types a line, as an operator does. */
export const type = (line) => post("/nightlight/order", { line });

/** Takes the device's power away, or gives it back. */
export const away = (on) => post("/nightlight/away", { on });

$("order-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = $("order");
  if (field.value.trim() !== "" && await type(field.value)) field.value = "";
});
for (const button of document.querySelectorAll("[data-order]")) {
  button.addEventListener("click", () => type(button.dataset.order));
}
$("away").addEventListener("click", () => away(!isAway(now)));
