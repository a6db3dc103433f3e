//! The way to a broker that takes more than a TCP connection to reach.

use std::env;
use std::path::Path;

use super::{Settings, SettingsError};

impl Settings {
    #[cfg(feature = "tls")]
    pub(super) fn through_a_tunnel(self) -> Result<Settings, SettingsError> {
        if self.broker.is_websocket() && cfg!(not(feature = "websocket")) {
            return Err(self.without_a_tunnel());
        }
        let tunnel = crate::tunnel::Tunnel::open(&self.broker, self.broker_ca.as_deref())?;
        let broker = self.broker.by_way_of(tunnel.address());
        let farewell = Some(std::sync::Arc::new(tunnel.stay()));
        Ok(Settings {
            broker,
            farewell,
            ..self
        })
    }

    #[cfg(not(feature = "tls"))]
    pub(super) fn through_a_tunnel(self) -> Result<Settings, SettingsError> {
        Err(self.without_a_tunnel())
    }

    /// Which feature the program lacks for its broker.
    fn without_a_tunnel(&self) -> SettingsError {
        // Cargo sets it for the programs that it runs.
        let package = env::var("CARGO_PKG_NAME").unwrap_or_else(|_| "<package>".to_owned());
        let program = env::current_exe().ok();
        let program = program.as_deref().and_then(Path::file_stem);
        let program = match program.and_then(|name| name.to_str()) {
            Some(name) if name != package => format!(" --bin {name}"),
            _ => String::new(),
        };
        let pi = if cfg!(feature = "pi") { ",pi" } else { "" };
        let command = |feature| format!("cargo run -p {package}{program} --features {feature}{pi}");
        if self.broker.is_websocket() {
            let command = command("websocket");
            SettingsError::NoWebSocket { command }
        } else {
            let command = command("tls");
            SettingsError::NoTls { command }
        }
    }
}
