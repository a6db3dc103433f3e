if self.unanswered.is_longer_than(self.alone_after) {
    self.unanswered.end();
    eprintln!("No command has come for a while, though the broker has accepted us.");
    eprintln!("Does the server run? Has it the same id? May both publish and read there?");
}
