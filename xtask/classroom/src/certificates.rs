//! An authority for this room, and the broker's certificate by it.

use std::time::{Duration, SystemTime};

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::folder::Folder;
use crate::place::Place;

/// File name of the authority's certificate, which learners get.
pub const AUTHORITY: &str = "authority.pem";
const AUTHORITY_KEY: &str = "authority.key";

/// File name of the broker's certificate.
pub const BROKER: &str = "broker.pem";
/// File name of the broker's private key.
pub const BROKER_KEY: &str = "broker.key";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Validity of the authority: a course may be held again with the same settings.
const AUTHORITY_LASTS: Duration = Duration::from_secs(10 * 365 * DAY.as_secs());

/// Validity of the broker's certificate, which is made anew at each start.
const BROKER_LASTS: Duration = Duration::from_secs(365 * DAY.as_secs());

/// Writes both. The authority is kept, the broker's certificate is new each time: the computer's
/// address may be another one today.
///
/// # Errors
/// When the folder cannot be written, or the kept key is damaged.
pub fn write(folder: &Folder, place: &Place) -> anyhow::Result<()> {
    let authority = authority(folder)?;
    let mut params = CertificateParams::new(place.names())?;
    // Not the authority's name: some TLS libraries take two alike for a certificate by itself.
    let name = format!(
        "Broker of a nightlight classroom, {}",
        place.host_and_port()
    );
    params.distinguished_name.push(DnType::CommonName, name);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    lasts(&mut params, BROKER_LASTS);
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, &authority)?;
    folder.write(BROKER_KEY, &key.serialize_pem())?;
    folder.write(BROKER, &certificate.pem())?;
    Ok(())
}

fn authority(folder: &Folder) -> anyhow::Result<Issuer<'static, KeyPair>> {
    let mut params = CertificateParams::default();
    let name = "Authority of a nightlight classroom";
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    lasts(&mut params, AUTHORITY_LASTS);
    let kept = folder.read(AUTHORITY_KEY)?;
    if let (Some(key), Some(_)) = (kept, folder.read(AUTHORITY)?) {
        let key = KeyPair::from_pem(&key).with_context(|| {
            format!(
                "{} is damaged: delete it for a new authority, and hand out its certificate again",
                folder.path(AUTHORITY_KEY).display()
            )
        })?;
        // The certificate that learners have stays; what signs is its name and this key.
        return Ok(Issuer::new(params, key));
    }
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    folder.write(AUTHORITY_KEY, &key.serialize_pem())?;
    folder.write(AUTHORITY, &certificate.pem())?;
    Ok(Issuer::new(params, key))
}

/// Sets the validity to `time`, from yesterday on because clocks may be slow.
fn lasts(params: &mut CertificateParams, time: Duration) {
    let now = SystemTime::now();
    params.not_before = (now - DAY).into();
    params.not_after = (now + time).into();
}
