if let Some(order) = self.waiting.pop_front() {
    println!("The broker has {} {}", order.topic, order.payload);
}
