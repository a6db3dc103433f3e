rustls::Error::InvalidCertificate(problem) => {
    let words = objection(problem);
    format!("The broker's certificate is refused, and nothing was sent: {words}")
}
