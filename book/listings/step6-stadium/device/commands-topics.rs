// What is meant for this device alone comes on the one, what is meant for all on the other.
let commands = [
    format!("{}/devices/{}/commands", settings.id, settings.device),
    format!("{}/commands", settings.id),
];
