let known = self.0.iter().position(|(run, _)| *run == news.run);
let last = known.map_or(0, |place| self.0.remove(place).1);
let old = news.readings.partition_point(|reading| reading.seq <= last);
let fresh = &news.readings[old..];
let last = fresh.last().map_or(last, |newest| newest.seq);
if self.0.len() == RUNS {
    self.0.remove(0);
}
self.0.push((news.run.clone(), last));
(fresh, last)
