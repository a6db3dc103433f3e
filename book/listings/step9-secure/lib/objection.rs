/// What is wrong with a certificate, and what to do about it.
fn objection(problem: &CertificateError) -> String {
    match problem {
        // Signed by another key: somebody has given an authority of theirs the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "no authority that we know has issued it. Is the right file in NIGHTLIGHT_BROKER_CA?"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another host. Does NIGHTLIGHT_BROKER have the broker's own name in it?"
                .to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired. If the clock of this computer is right, the broker needs a new one."
                .to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet. Is the clock of this computer right?".to_owned()
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not for a broker, but for another use. The broker needs another one.".to_owned()
        }
        // An authority's own, say, as is one that vouches for itself; or one of version 1.
        CertificateError::Other(problem) => format!(
            "it is none that a broker can have ({problem}). The broker needs one that an authority \
             has issued for it."
        ),
        other => format!("{other}. The broker needs another one."),
    }
}
