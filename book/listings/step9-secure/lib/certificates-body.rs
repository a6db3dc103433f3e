let all = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
let all: Vec<_> = all.with_context(|| format!("{} cannot be read", file.display()))?;
ensure!(!all.is_empty(), "no certificate in {}", file.display());
Ok(all)
