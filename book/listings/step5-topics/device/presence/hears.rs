let mut state = self.lock();
let is_news = !message.retain && message.payload == OFFLINE;
// The broker says that we are gone, and we are not.
if is_news && state.connected && !state.leaving {
    self.say(&mut state, ONLINE);
}
