format!("{}/devices/{}/telemetry", settings.id, settings.device)
