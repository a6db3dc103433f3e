ensure!(
    settings.broker.is_encrypted(),
    "the broker's address begins with mqtt://, so that everybody on the way could read your \
     password. Write mqtts:// into NIGHTLIGHT_BROKER"
);
let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
    .with_safe_default_protocol_versions()?
    .with_root_certificates(authorities(settings.broker_ca.as_deref())?);
let config = match (&settings.client_cert, &settings.client_key) {
    (Some(certificate), Some(key)) => {
        let chain = certificates(certificate)?;
        let private = PrivateKeyDer::from_pem_file(key);
        let private = private.with_context(|| format!("no key in {}", key.display()))?;
        let config = config.with_client_auth_cert(chain, private);
        config.with_context(|| {
            format!(
                "the key in {} does not fit the certificate in {}",
                key.display(),
                certificate.display()
            )
        })?
    }
    _ => config.with_no_client_auth(),
};
Ok(Transport::tls_with_config(config.into()))
