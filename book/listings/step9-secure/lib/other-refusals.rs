rustls::Error::AlertReceived(alert) => format!(
    "The broker refuses us ({alert:?}). If it asks for a certificate, set NIGHTLIGHT_CERT \
     and NIGHTLIGHT_KEY to files that it knows."
),
other => format!("TLS failed: {other}."),
