let Kept { run, readings, .. } = &self.kept;
let message = json!({ "run": run, "readings": readings });
(!readings.is_empty()).then(|| message.to_string())
