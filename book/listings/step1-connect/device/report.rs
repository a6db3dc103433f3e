/// Says in plain words why there is no connection.
fn report(error: &ConnectionError) {
    match error {
        ConnectionError::ConnectionRefused(reason) => {
            eprintln!("The broker refuses this client: {reason:?}. Trying again.");
        }
        other => eprintln!("No connection to the broker: {other}. Is it running? Trying again."),
    }
}
