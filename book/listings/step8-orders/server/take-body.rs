let (kind, led_on) = match line.trim() {
    "state on" => ("state", true),
    "state off" => ("state", false),
    "task on" => ("tasks", true),
    "task off" => ("tasks", false),
    _ => bail!("type `state on`, `state off`, `task on` or `task off`"),
};
ensure!(self.waiting.len() < MOST, "{MOST} orders wait already");
let payload = match kind {
    "state" => json!({ "led_on": led_on }),
    _ => json!({ "seq": self.next_number()?, "led_on": led_on }),
};
let order = Order {
    topic: format!("{}/{kind}", self.id),
    payload: payload.to_string(),
    retain: kind == "state",
};
if self.online {
    self.send(&order);
}
self.waiting.push_back(order);
Ok(())
