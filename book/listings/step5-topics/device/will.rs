// What the broker publishes in our name when we are gone without a goodbye.
let status = presence::status_topic(settings);
let will = LastWill::new(status, presence::OFFLINE, QoS::AtLeastOnce, true);
options.set_last_will(will);
