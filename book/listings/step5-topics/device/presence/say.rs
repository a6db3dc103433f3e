fn say(&self, state: &mut State, word: &str) {
    // It counts even if the outbox is full: a last word that never left is never answered.
    state.unanswered += 1;
    let said = self
        .client
        .try_publish(&self.topic, QoS::AtLeastOnce, true, word);
    if let Err(error) = said {
        eprintln!("Nobody hears that we are {word}: {error}");
    }
}
