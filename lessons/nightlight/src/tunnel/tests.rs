use std::io::{Read, Write};
use std::sync::mpsc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

/// A test that waits longer than this hangs.
const LIMIT: Duration = Duration::from_secs(20);

/// An authority, and where its certificate is.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, "An authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), certificate.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        Self { issuer, folder }
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// A certificate for this name.
    fn vouch_for(&self, name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, "A broker");
        params
    }

    /// Something that sends back what it hears, in capitals, and says when a client leaves well.
    fn serve(&self, params: &CertificateParams) -> (SocketAddr, mpsc::Receiver<bool>) {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (left, leaving) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let session = ServerConnection::new(Arc::clone(&config)).unwrap();
                let left = left.clone();
                thread::spawn(move || {
                    let mut stream = StreamOwned::new(session, stream.unwrap());
                    let mut chunk = [0; 1_000];
                    loop {
                        match stream.read(&mut chunk) {
                            Ok(length @ 1..) => {
                                chunk[..length].make_ascii_uppercase();
                                if stream.write_all(&chunk[..length]).is_err() {
                                    return;
                                }
                            }
                            end => return left.send(end.is_ok()).unwrap_or_default(),
                        }
                    }
                });
            }
        });
        (address, leaving)
    }
}

fn tunnel(url: &str, authorities: Option<&Path>) -> Tunnel {
    Tunnel::open(&url.parse().unwrap(), authorities).unwrap()
}

fn connect(tunnel: &Tunnel) -> TcpStream {
    let stream = TcpStream::connect(tunnel.address()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

/// What a program is told that asks for a broker at this place.
#[track_caller]
fn assert_refused(at: SocketAddr, authorities: Option<&Path>, words: &[&str]) {
    let tunnel = tunnel(&format!("mqtts://{at}"), authorities);
    let error = tunnel.probe().unwrap_err().to_string();
    for words in words {
        assert!(error.contains(words), "{words:?} is not in: {error}");
    }
    assert!(error.contains(&at.to_string()), "{error}");
    assert_eq!(connect(&tunnel).read(&mut [0]).unwrap(), 0, "the line ends");
    let told = tunnel.shared.told.lock().unwrap().clone();
    assert_eq!(told, Some(error), "and it is said why");
}

#[test]
fn what_a_program_says_arrives_and_so_does_the_answer() {
    let authority = Authority::new();
    let (at, leaving) = authority.serve(&authority.vouch_for("127.0.0.1"));
    let tunnel = tunnel(&format!("mqtts://{at}"), Some(&authority.file()));
    tunnel.probe().unwrap();
    leaving.recv_timeout(LIMIT).unwrap();

    let mut program = connect(&tunnel);
    // More than all the buffers on the way hold, so both directions must flow at once.
    let long = vec![b'x'; 5_000_000];
    let mut half = program.try_clone().unwrap();
    let sent = long.clone();
    thread::spawn(move || half.write_all(&sent).unwrap());
    let mut heard = vec![0; long.len()];
    program.read_exact(&mut heard).unwrap();
    assert!(heard == long.to_ascii_uppercase());
    drop(program);
    assert_eq!(leaving.recv_timeout(LIMIT), Ok(true), "a goodbye in TLS");
}

#[test]
fn a_program_that_ends_waits_until_its_goodbye_has_left() {
    let authority = Authority::new();
    let (at, leaving) = authority.serve(&authority.vouch_for("127.0.0.1"));
    let tunnel = tunnel(&format!("mqtts://{at}"), Some(&authority.file()));
    let mut program = connect(&tunnel);
    program.write_all(b"hello").unwrap();
    program.read_exact(&mut [0; 5]).unwrap();
    let farewell = tunnel.stay();
    program.write_all(b"goodbye").unwrap();
    drop(program);
    let open = Arc::clone(&farewell.0);
    drop(farewell);
    assert_eq!(*open.open.lock().unwrap(), 0);
    leaving.recv_timeout(LIMIT).unwrap();
}

#[test]
fn a_broker_that_nobody_vouches_for_gets_nothing() {
    let authority = Authority::new();
    let (at, _leaving) = authority.serve(&authority.vouch_for("127.0.0.1"));
    let words = [
        "an authority that nobody knows here",
        "NIGHTLIGHT_BROKER_CA",
    ];
    assert_refused(at, None, &words);

    let other = Authority::new();
    let file = other.file();
    let words = ["not made by the authority in", file.to_str().unwrap()];
    assert_refused(at, Some(&file), &words);
}

#[test]
fn a_certificate_for_another_name_names_it() {
    let authority = Authority::new();
    let (at, _leaving) = authority.serve(&authority.vouch_for("room-7"));
    let words = ["for room-7, not for 127.0.0.1", "NIGHTLIGHT_BROKER"];
    assert_refused(at, Some(&authority.file()), &words);
}

#[test]
fn a_certificate_that_has_expired_asks_for_the_clock() {
    let authority = Authority::new();
    let mut params = authority.vouch_for("127.0.0.1");
    params.not_after = date_time_ymd(2001, 1, 1);
    let (at, _leaving) = authority.serve(&params);
    let words = ["has expired", "clock"];
    assert_refused(at, Some(&authority.file()), &words);
}

#[test]
fn a_place_where_nobody_speaks_tls_is_no_broker() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let plain = thread::spawn(move || {
        for answer in [
            &b""[..],
            b"",
            b"HTTP/1.1 400 Bad Request\r\n",
            b"HTTP/1.1 400",
        ] {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4_096]);
            let _ = stream.write_all(answer);
        }
    });
    assert_refused(at, None, &["hung up at the first word", "8883"]);
    assert_refused(at, None, &["does not speak TLS", "8883"]);
    plain.join().unwrap();
    assert_refused(at, None, &["nothing listens there", "running"]);
}

#[test]
fn a_name_that_leads_nowhere_says_so() {
    let tunnel = tunnel("mqtts://broker.invalid", None);
    let error = tunnel.probe().unwrap_err().to_string();
    assert!(
        error.contains("`broker.invalid` leads to no computer"),
        "{error}"
    );
}

#[test]
fn a_file_without_a_certificate_is_an_error_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let broker: BrokerAddress = "mqtts://room".parse().unwrap();
    let file = folder.path().join("authority.pem");
    let error = || Tunnel::open(&broker, Some(&file)).unwrap_err().to_string();
    assert!(error().contains("it cannot be read"), "{}", error());
    std::fs::write(&file, "my certificate").unwrap();
    assert!(error().contains("no certificate in it"), "{}", error());
    let torn = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&file, torn).unwrap();
    assert!(error().contains("not sound"), "{}", error());
    assert!(error().contains("NIGHTLIGHT_BROKER_CA"), "{}", error());
}

#[test]
fn a_tunnel_that_is_dropped_takes_no_more_connections() {
    let tunnel = tunnel("mqtts://127.0.0.1:1", None);
    let address = tunnel.address();
    drop(tunnel);
    // Its thread closes the port in a moment of its own.
    let closed = || TcpStream::connect(address).is_err();
    let begin = std::time::Instant::now();
    while !closed() {
        assert!(begin.elapsed() < LIMIT, "it still listens");
        thread::yield_now();
    }
}
