if let ConnectionError::ConnectionRefused(
    ConnectReturnCode::BadUserNamePassword | ConnectReturnCode::NotAuthorized,
) = error
{
    let words = "The broker does not take this user and password. Are they right in \
                 NIGHTLIGHT_BROKER?";
    return Some(words.to_owned());
}
