format!("{}/telemetry/light", settings.id)
