//! Reads what differs from one nightlight to the next, and builds it in: the chip has no environment
//! and no files.

use std::env;
use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, ToSocketAddrs};
use std::path::Path;
use std::process::ExitCode;

use nightlight::{BrokerAddress, Settings};
use serde_json::json;

/// The variables that this looks at. Those of the Wi-Fi the firmware reads by itself.
const READ: [&str; 5] = [
    "NIGHTLIGHT_ID",
    "NIGHTLIGHT_BROKER",
    "NIGHTLIGHT_RETRY_MS",
    "NIGHTLIGHT_WIFI",
    "NIGHTLIGHT_WIFI_PASSWORD",
];

fn main() -> ExitCode {
    for variable in READ {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    watch_the_file();
    match settings() {
        Ok(settings) => {
            println!("cargo::rustc-env=NIGHTLIGHT_SETTINGS={settings}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Another `nightlight.toml` is another firmware.
fn watch_the_file() {
    let here = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let mut files = Path::new(&here)
        .ancestors()
        .map(|folder| folder.join("nightlight.toml"));
    if let Some(file) = files.find(|file| file.is_file()) {
        println!("cargo::rerun-if-changed={}", file.display());
    }
}

/// As the emulated machine's board tells them, but for the seed, which the chip makes itself.
fn settings() -> Result<String, Box<dyn Error>> {
    let settings = Settings::read()?;
    if env::var("NIGHTLIGHT_WIFI").unwrap_or_default().is_empty() {
        return Err(
            "no Wi-Fi is named.\nSet NIGHTLIGHT_WIFI to the name of the network and \
             NIGHTLIGHT_WIFI_PASSWORD to its password, and build again."
                .into(),
        );
    }
    if env::var_os("NIGHTLIGHT_WIFI_PASSWORD").is_none() {
        println!(
            "cargo::warning=NIGHTLIGHT_WIFI_PASSWORD is not set, so the Wi-Fi is taken for one that \
             everybody may join"
        );
    }
    let login = settings.broker.login();
    let login = login.map(|(user, password)| json!({"user": user, "password": password}));
    let settings = json!({
        "id": settings.id,
        "broker": reachable(&settings.broker)?,
        "login": login,
        "retry_ms": settings.retry_pause.as_millis(),
        "seed": 0,
    });
    Ok(settings.to_string())
}

/// Where the chip finds the broker. It asks nobody for names, so a name becomes its address here.
fn reachable(broker: &BrokerAddress) -> Result<SocketAddrV4, Box<dyn Error>> {
    if broker.is_encrypted() || broker.is_websocket() {
        return Err(format!(
            "the broker {broker} is to be encrypted (mqtts://) or over WebSocket (ws://), and this \
             firmware can do neither.\nTake one by plain TCP, as mqtt://192.168.1.20."
        )
        .into());
    }
    let unknown = |error| format!("the address of the broker {broker} cannot be found: {error}");
    let mut addresses = broker.to_string().to_socket_addrs().map_err(unknown)?;
    let found = addresses.find_map(|address| match address {
        SocketAddr::V4(address) => Some(address),
        SocketAddr::V6(_) => None,
    });
    match found {
        Some(address) if !address.ip().is_loopback() && *address.ip() != Ipv4Addr::UNSPECIFIED => {
            Ok(address)
        }
        _ => Err(format!(
            "no board can reach the broker at {broker}: it needs an IPv4 address that is valid in the \
             whole network.\nFind your computer's with `ip -4 address` (macOS: `ipconfig getifaddr \
             en0`, Windows: `ipconfig`), and set NIGHTLIGHT_BROKER, or `broker` in nightlight.toml, \
             as in mqtt://192.168.1.20."
        )
        .into()),
    }
}
