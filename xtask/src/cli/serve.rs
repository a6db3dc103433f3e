//! What is served to others: a broker, and a board.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

/// Which broker, and where.
#[derive(Args, Clone, Debug)]
pub struct Broker {
    /// The port to listen on; without it 1883, and 8883 for a classroom
    #[arg(long, value_name = "N", conflicts_with = "cluster")]
    pub port: Option<u16>,
    /// Do not show what clients do
    #[arg(long, conflicts_with_all = ["classroom", "cluster"])]
    pub quiet: bool,
    /// With `--listen`: let everybody in who reaches it, without a password
    #[arg(long, requires = "listen", conflicts_with = "classroom")]
    pub anonymous: bool,
    /// Also take MQTT over WebSocket, from pages of this machine, and serve one that is a client;
    /// without a number on port 8083
    #[arg(
        long,
        value_name = "N",
        num_args = 0..=1,
        default_missing_value = "8083",
        conflicts_with_all = ["classroom", "cluster"]
    )]
    pub ws: Option<u16>,
    /// With `--ws`: also let pages with this name in, as a browser IDE forwards them; those of
    /// Codespaces, Gitpod and Coder are known
    #[arg(long, value_name = "NAME", requires = "ws")]
    pub allow_host: Vec<String>,
    /// Serve a room with Mosquitto: encrypted, and a password and topics of their own for everybody
    #[arg(long, requires = "learners")]
    pub classroom: bool,
    /// Serve RabbitMQ in so many nodes that are one broker, on free ports of this machine; without a
    /// number three
    #[arg(
        long,
        value_name = "N",
        num_args = 0..=1,
        default_missing_value = "3",
        conflicts_with_all = ["classroom", "listen"],
        value_parser = clap::value_parser!(u8).range(1..=7)
    )]
    pub cluster: Option<u8>,
    /// With `--cluster`: keep sessions on several nodes, so that they outlive one
    #[arg(long, requires = "cluster")]
    pub replicated: bool,
    /// What a classroom has.
    #[command(flatten)]
    pub room: Classroom,
}

/// Who is in the room, and how others reach the broker.
#[derive(Args, Clone, Debug)]
pub struct Classroom {
    /// The learners: a file with their ids, one a line, or how many there are
    #[arg(long, value_name = "FILE|N", requires = "classroom")]
    pub learners: Option<String>,
    /// The address to listen on; with 0.0.0.0 your whole network reaches it, and is asked for a
    /// password
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<IpAddr>,
    /// The name or address by which learners reach this computer; without it, a guess
    #[arg(long, value_name = "NAME", requires = "classroom")]
    pub host: Option<String>,
    /// Where passwords and certificates are kept for the next time; without it, target/classroom
    #[arg(long, value_name = "DIR", requires = "classroom")]
    pub out: Option<PathBuf>,
}

/// Where the board is.
#[derive(Args, Clone, Debug)]
pub struct Board {
    /// The port to listen on
    #[arg(long, default_value_t = 5000)]
    pub port: u16,
    /// The address to listen on; with 0.0.0.0 everybody in your network can use the board
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub listen: IpAddr,
    /// Open the board's page in a browser
    #[arg(long)]
    pub open: bool,
    /// Do not show what programs do with it
    #[arg(long)]
    pub quiet: bool,
    /// Also let the board's page be used under this name, as a browser IDE forwards it; those of
    /// Codespaces, Gitpod and Coder are known
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
}
