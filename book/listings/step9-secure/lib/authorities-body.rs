let mut known = RootCertStore::empty();
match file {
    Some(file) => {
        for certificate in certificates(file)? {
            known.add(certificate)?;
        }
    }
    None => known.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
}
Ok(known)
