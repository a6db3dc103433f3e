let next = self.last + 1;
let beside = self.file.with_extension("new");
let mut new = File::create(&beside)?;
new.write_all(next.to_string().as_bytes())?;
new.sync_all()?;
fs::rename(&beside, &self.file)?;
self.last = next;
Ok(next)
