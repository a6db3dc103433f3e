ensure!(!news.readings.is_empty(), "there is no reading in it");
let in_order = news.readings.is_sorted_by(|one, next| one.seq < next.seq);
ensure!(in_order, "its numbers do not go up");
