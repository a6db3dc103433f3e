let beside = self.file.with_extension("new");
let mut new = File::create(&beside)?;
new.write_all(last.to_string().as_bytes())?;
// The system may tell us that it has it, and have it in memory only.
new.sync_all()?;
fs::rename(&beside, &self.file)?;
self.last = last;
Ok(())
