// Also in a kept session: the line may have been cut before the first SUBSCRIBE.
// With QoS 1 the session would keep every state, and not the latest alone.
client.try_subscribe(&state, QoS::AtMostOnce)?;
client.try_subscribe(&tasks, QoS::AtLeastOnce)?;
