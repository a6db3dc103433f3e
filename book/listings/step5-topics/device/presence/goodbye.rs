if state.leaving && state.unanswered == 0 {
    // If the outbox is full, we leave without a goodbye, and the will speaks.
    let _ = self.client.try_disconnect();
}
