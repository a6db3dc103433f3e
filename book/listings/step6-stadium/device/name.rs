let name = format!("{}nightlight_client_{}", settings.id, settings.device);
