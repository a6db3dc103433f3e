// `+` stands for one level, whatever it is: here the name of any device.
let telemetry = format!("{}/devices/+/telemetry", settings.id);
