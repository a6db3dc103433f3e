self.readings
    .retain(|_, reading| now.duration_since(reading.at) <= self.stale_after);
let has_room = self.readings.len() < MOST || self.readings.contains_key(device);
ensure!(has_room, "there are {MOST} devices already");
let reading = Reading { light, at: now };
self.readings.insert(device.to_owned(), reading);
let readings = self.readings.values();
let dark_ones = readings.filter(|reading| reading.light < DARK).count();
// A tie is not dark: it takes more than half.
let dark = dark_ones * 2 > self.readings.len();
