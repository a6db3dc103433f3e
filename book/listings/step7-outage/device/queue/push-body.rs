let mut kept = self.kept.clone();
let seq = kept.next;
kept.next += 1;
kept.readings.push(Reading { seq, light });
let too_many = kept.readings.len().saturating_sub(self.most);
let dropped: Vec<Reading> = kept.readings.drain(..too_many).collect();
self.keep(kept)?;
for Reading { seq, .. } in dropped {
    eprintln!("The queue is full. Reading {seq} is lost.");
}
Ok(seq)
