let commands = format!("{}/commands", settings.id);
