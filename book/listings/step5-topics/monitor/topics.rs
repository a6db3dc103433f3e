let measures = format!("{}/telemetry/+", settings.id);
let status = format!("{}/status", settings.id);
