let beside = file.with_extension("new");
let mut new = File::create(&beside)?;
new.write_all(&serde_json::to_vec(kept)?)?;
// The system may tell us that it has it, and have it in memory only.
new.sync_all()?;
fs::rename(&beside, file)?;
Ok(())
