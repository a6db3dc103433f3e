client.try_subscribe(&replies, QoS::AtMostOnce)?;
let mut nightlight = lock(&nightlight);
nightlight.online = true;
nightlight.send();
