if state.connected {
    self.say(&mut state, OFFLINE);
}
