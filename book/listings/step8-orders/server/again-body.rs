self.online = true;
for order in &self.waiting {
    self.send(order);
}
