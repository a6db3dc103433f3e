//! Certificates (X.509, by RFC 5280), as far as a broker on this machine and its clients need them.
//!
//! Written here, and not left to a crate: those that make certificates bring half a dozen others
//! along, which everybody's first build would have to compile, and none of them makes what is wrong
//! on purpose, such as version 1.

use std::net::IpAddr;
use std::time::SystemTime;

use anyhow::anyhow;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

use crate::der::{
    bits, explicit, identifier, implicit, integer, octets, sequence, set, text, time, truth,
};

/// Names of what certificates are made of.
const COMMON_NAME: &[u64] = &[2, 5, 4, 3];
const KEY_USAGE: &[u64] = &[2, 5, 29, 15];
const ALTERNATIVE_NAME: &[u64] = &[2, 5, 29, 17];
const BASIC_CONSTRAINTS: &[u64] = &[2, 5, 29, 19];
const EXTENDED_KEY_USAGE: &[u64] = &[2, 5, 29, 37];
const SERVER: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 1];
const CLIENT: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 2];
const EC_PUBLIC_KEY: &[u64] = &[1, 2, 840, 10045, 2, 1];
const P256: &[u64] = &[1, 2, 840, 10045, 3, 1, 7];
const ECDSA_WITH_SHA256: &[u64] = &[1, 2, 840, 10045, 4, 3, 2];

/// The third version, which is counted from 0.
const VERSION: u8 = 2;

/// A private key, and its public half.
#[derive(Debug)]
pub struct Key {
    pair: EcdsaKeyPair,
    /// As PKCS #8 has it (RFC 5958).
    pub der: Vec<u8>,
}

impl Key {
    /// A new one.
    ///
    /// # Errors
    /// When the machine has no random numbers.
    pub fn generate() -> anyhow::Result<Self> {
        let (algorithm, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
        let der = EcdsaKeyPair::generate_pkcs8(algorithm, &random);
        let der = der.map_err(|_| no_random_numbers())?.as_ref().to_vec();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &der, &random);
        let pair = pair.map_err(|error| anyhow!("a new key cannot be read: {error}"))?;
        Ok(Self { pair, der })
    }

    fn public(&self) -> Vec<u8> {
        let algorithm = sequence(&[identifier(EC_PUBLIC_KEY), identifier(P256)]);
        sequence(&[algorithm, bits(0, self.pair.public_key().as_ref())])
    }
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It vouches for others.
    Authority,
    /// It belongs to a broker.
    Broker,
    /// It belongs to a client.
    Client,
}

/// What a certificate says.
#[derive(Clone, Debug)]
pub struct Contents {
    /// Whose it is: the common name.
    pub subject: String,
    /// Hosts that it is for, as alternative names.
    pub names: Vec<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// From when on, and until when.
    pub valid: (SystemTime, SystemTime),
    /// Whether it is of the first version, which has neither alternative names nor a purpose.
    pub is_old: bool,
}

/// Makes a certificate for `key`, signed by the issuer's.
///
/// # Errors
/// When the machine has no random numbers.
pub fn sign(contents: &Contents, key: &Key, issuer: &str, by: &Key) -> anyhow::Result<Vec<u8>> {
    let random = SystemRandom::new();
    let mut serial = [0; 8];
    random.fill(&mut serial).map_err(|_| no_random_numbers())?;
    // Not negative, and not beginning with zeros.
    serial[0] = serial[0] & 0x3f | 0x40;

    let algorithm = sequence(&[identifier(ECDSA_WITH_SHA256)]);
    let mut parts = vec![
        integer(&serial),
        algorithm.clone(),
        name(issuer),
        sequence(&[time(contents.valid.0), time(contents.valid.1)]),
        name(&contents.subject),
        key.public(),
    ];
    if !contents.is_old {
        parts.insert(0, explicit(0, &integer(&[VERSION])));
        parts.push(explicit(3, &sequence(&extensions(contents))));
    }
    let signed = sequence(&parts);
    let signature = by.pair.sign(&random, &signed);
    let signature = signature.map_err(|_| no_random_numbers())?;
    Ok(sequence(&[signed, algorithm, bits(0, signature.as_ref())]))
}

fn no_random_numbers() -> anyhow::Error {
    anyhow!("this machine has no random numbers for a key")
}

fn name(common: &str) -> Vec<u8> {
    let attribute = sequence(&[identifier(COMMON_NAME), text(common)]);
    sequence(&[set(&[attribute])])
}

fn extensions(contents: &Contents) -> Vec<Vec<u8>> {
    let mut extensions = Vec::new();
    // Bits from the high end (section 4.2.1.3): digitalSignature is the first, keyCertSign the sixth.
    let usage = match contents.purpose {
        Purpose::Authority => {
            extensions.push(critical(BASIC_CONSTRAINTS, &sequence(&[truth()])));
            bits(2, &[0b0000_0100])
        }
        Purpose::Broker | Purpose::Client => bits(7, &[0b1000_0000]),
    };
    extensions.push(critical(KEY_USAGE, &usage));
    let purpose = match contents.purpose {
        Purpose::Authority => None,
        Purpose::Broker => Some(SERVER),
        Purpose::Client => Some(CLIENT),
    };
    if let Some(purpose) = purpose {
        let purposes = sequence(&[identifier(purpose)]);
        extensions.push(extension(EXTENDED_KEY_USAGE, &purposes));
    }
    if !contents.names.is_empty() {
        let names: Vec<_> = contents.names.iter().map(|name| host(name)).collect();
        extensions.push(extension(ALTERNATIVE_NAME, &sequence(&names)));
    }
    extensions
}

fn extension(identity: &[u64], value: &[u8]) -> Vec<u8> {
    sequence(&[identifier(identity), octets(value)])
}

/// One that nobody may pass over who does not know it.
fn critical(identity: &[u64], value: &[u8]) -> Vec<u8> {
    sequence(&[identifier(identity), truth(), octets(value)])
}

/// A name or an address (section 4.2.1.6).
fn host(name: &str) -> Vec<u8> {
    match name.parse() {
        Ok(IpAddr::V4(address)) => implicit(7, &address.octets()),
        Ok(IpAddr::V6(address)) => implicit(7, &address.octets()),
        Err(_) => implicit(2, name.as_bytes()),
    }
}
