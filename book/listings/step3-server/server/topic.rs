let telemetry = format!("{}/telemetry", settings.id);
