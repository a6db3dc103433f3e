// The others know it already, unless it has changed.
let topic = if decision.is_new {
    format!("{id}/commands")
} else {
    format!("{id}/devices/{device}/commands")
};
