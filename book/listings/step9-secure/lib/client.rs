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
