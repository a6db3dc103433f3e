let (fresh, last) = shown.take_in(&news);
for Reading { seq, light } in fresh {
    println!("Reading {seq}: light level {light}");
}
let answer = json!({ "run": news.run, "seq": last }).to_string();
println!("Sending answer: {answer}");
// `publish` would wait for an outbox that only this loop can empty.
let sent = client.try_publish(&replies, QoS::AtMostOnce, false, answer);
if let Err(error) = sent {
    eprintln!("This answer is lost: {error}");
}
