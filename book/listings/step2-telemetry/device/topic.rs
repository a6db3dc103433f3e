format!("{}/telemetry", settings.id)
