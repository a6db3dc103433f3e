ensure!(answer.run == self.kept.run, "it is for another run");
ensure!(answer.seq < self.kept.next, "no reading has that number");
let mut kept = self.kept.clone();
kept.readings.retain(|reading| reading.seq > answer.seq);
// An answer that comes late, or twice, has nothing to tell.
if kept.readings.len() < self.kept.readings.len() {
    self.keep(kept)?;
}
Ok(())
