//! What of the machine's own there is, and what is left out without it.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use arena::broker::{Broker, BrokerChoice, Mosquitto};
use arena::loopback;
use protocols::mqtt::{Place, Session, Starting};
use rabbitmq::{Cluster, Sessions};
use rumqttc::{QoS, TlsConfiguration, Transport};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::tls::{Again, Trust};

/// How often a port that somebody else was quicker to take is tried again.
const TRIES: usize = 5;

/// What is here.
#[derive(Debug)]
pub struct Servers {
    /// Mosquitto, or the kit's own where it is not installed.
    pub broker: BrokerChoice,
    /// Ours, while the measurements last.
    pub rabbit: Option<Cluster>,
    /// Who vouches for servers.
    pub trust: Trust,
    /// What is missing, a sentence each.
    pub missing: Vec<String>,
}

impl Servers {
    /// Looks, and starts what all measurements share.
    ///
    /// # Errors
    /// When something that is installed does not start.
    pub async fn find() -> anyhow::Result<Self> {
        let mut missing = Vec::new();
        let broker = match Broker::start(&BrokerChoice::Mosquitto).await {
            Ok(_) => BrokerChoice::Mosquitto,
            Err(_) => {
                missing.push(
                    "Mosquitto is not here, so MQTT goes through the kit's own broker, and MQTT \
                     over TLS is left out (Debian: sudo apt install mosquitto; macOS: brew install \
                     mosquitto; others: https://mosquitto.org/download/)"
                        .to_owned(),
                );
                BrokerChoice::Embedded
            }
        };
        let rabbit = if Cluster::is_here() {
            Some(Cluster::start(1, Sessions::OnOneNode).await?)
        } else {
            missing.push(
                "RabbitMQ is not here, so AMQP and MQTT over WebSocket are left out (Debian: sudo \
                 apt install rabbitmq-server; on other systems this bench does not know it)"
                    .to_owned(),
            );
            None
        };
        Ok(Self {
            broker,
            rabbit,
            trust: Trust::new()?,
            missing,
        })
    }

    /// Over TCP.
    pub fn plain(&self, qos: QoS) -> Session {
        Session::plain(self.broker.clone(), qos)
    }

    /// Over TLS, where Mosquitto is.
    ///
    /// # Errors
    /// When the certificates cannot be read.
    pub fn over_tls(&self, qos: QoS, again: Again) -> anyhow::Result<Option<Session>> {
        if self.broker != BrokerChoice::Mosquitto {
            return Ok(None);
        }
        let trust = self.trust.clone();
        let client = trust.client(again, None)?;
        let start = move || -> Starting {
            let trust = trust.clone();
            Box::pin(async move { Ok(Box::new(Encrypted::start(&trust).await?) as Box<dyn Place>) })
        };
        Ok(Some(Session {
            start: Arc::new(start),
            transport: Transport::tls_with_config(TlsConfiguration::Rustls(client)),
            ..self.plain(qos)
        }))
    }

    /// Over WebSocket, where RabbitMQ is.
    pub fn over_websocket(&self, qos: QoS) -> Option<Session> {
        let rabbit = &self.rabbit.as_ref()?.nodes()[0];
        let entrance = Shared {
            web: rabbit.web,
            mqtt: rabbit.mqtt,
        };
        let start = move || -> Starting {
            Box::pin(async move { Ok(Box::new(entrance) as Box<dyn Place>) })
        };
        Some(Session {
            start: Arc::new(start),
            transport: Transport::Ws,
            host: |server| format!("ws://{server}/ws"),
            ..self.plain(qos)
        })
    }
}

/// RabbitMQ's, which all share: its topics are used by one measurement at a time.
#[derive(Clone, Copy, Debug)]
struct Shared {
    web: SocketAddr,
    mqtt: SocketAddr,
}

impl Place for Shared {
    fn entrance(&self) -> SocketAddr {
        self.web
    }

    fn plain(&self) -> SocketAddr {
        self.mqtt
    }
}

/// A Mosquitto that takes encrypted connections, and plain ones beside.
struct Encrypted {
    broker: Mosquitto,
    plain: SocketAddr,
    _folder: TempDir,
}

impl Encrypted {
    async fn start(trust: &Trust) -> anyhow::Result<Self> {
        let folder = TempDir::new().context("no temporary folder for Mosquitto")?;
        let mut last = String::new();
        for _ in 0..TRIES {
            let (encrypted, plain) = two_ports().await?;
            let configuration = write(folder.path(), trust, encrypted, plain)?;
            match Mosquitto::start_with(&configuration, encrypted).await? {
                Ok(broker) => {
                    return Ok(Self {
                        broker,
                        plain,
                        _folder: folder,
                    });
                }
                Err(words) => last = words,
            }
        }
        bail!("mosquitto does not start with TLS. Its last words:\n{last}")
    }
}

impl Place for Encrypted {
    fn entrance(&self) -> SocketAddr {
        self.broker.address()
    }

    fn plain(&self) -> SocketAddr {
        self.plain
    }
}

async fn two_ports() -> anyhow::Result<(SocketAddr, SocketAddr)> {
    let first = TcpListener::bind(loopback::at(0)).await?;
    let second = TcpListener::bind(loopback::at(0)).await?;
    Ok((first.local_addr()?, second.local_addr()?))
}

fn write(
    folder: &Path,
    trust: &Trust,
    encrypted: SocketAddr,
    plain: SocketAddr,
) -> anyhow::Result<std::path::PathBuf> {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    fs::write(&certificate, &trust.certificate)?;
    fs::write(&key, &trust.key)?;
    let configuration = folder.join("mosquitto.conf");
    // Root's Mosquitto would become a user who may not read in a folder of root's.
    let text = format!(
        "user root\nper_listener_settings false\nallow_anonymous true\npersistence false\n\
         set_tcp_nodelay true\nlog_dest stderr\nlog_type all\n\
         listener {} 127.0.0.1\ncertfile {}\nkeyfile {}\ntls_version tlsv1.3\n\
         listener {} 127.0.0.1\n",
        encrypted.port(),
        certificate.display(),
        key.display(),
        plain.port(),
    );
    fs::write(&configuration, text)?;
    Ok(configuration)
}
