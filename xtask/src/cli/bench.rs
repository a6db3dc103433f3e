//! What can be measured.

use std::ffi::OsString;

use arena::broker::BrokerChoice;
use clap::Subcommand;

/// What can be measured.
#[derive(Clone, Debug, Subcommand)]
pub enum Bench {
    /// Send messages through each broker, and let thousands of devices loose on them
    #[command(disable_help_flag = true)]
    Broker {
        /// See `cargo xtask bench broker --help`
        #[arg(num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Send readings and commands over MQTT, HTTP, AMQP and CoAP: bytes, packets, round trips, and
    /// what an outage loses
    #[command(disable_help_flag = true)]
    Protocols {
        /// See `cargo xtask bench protocols --help`
        #[arg(num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Grade generated submissions: how fast, and how much of it is the compiler?
    #[command(disable_help_flag = true)]
    Grade {
        /// See `cargo xtask bench grade --help`
        #[arg(num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Run commands that have nothing to do, and checks: how much longer than cargo alone?
    Floor {
        /// How often; the median counts
        #[arg(long, default_value_t = 9)]
        rounds: usize,
    },
    /// Save like a learner: how long until the verdict, and how much of it is the compiler?
    Saving {
        /// How often per step; the median counts
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Check the solutions and the corpus again and again under load: do verdicts ever differ?
    Steadiness {
        /// How many checks in all
        #[arg(long, default_value_t = 500)]
        runs: usize,
        /// How many threads keep the processor busy meanwhile
        #[arg(long, default_value_t = 4)]
        load: usize,
        /// The first check's seed; the others count up from it
        #[arg(long, value_name = "N")]
        seed: Option<u64>,
        /// Only programs with this in their names, `step4` say, or `wrong/led-on`
        #[arg(long, value_name = "TEXT", default_value = "")]
        only: String,
    },
    /// What becomes of the readings of step 7's solution, and of the tasks of step 8's, through outage
    /// after outage
    Outages {
        /// Only step 7, or only step 8: its number, name, package or folder
        step: Option<String>,
        /// Not the solution of step 7, but programs that leave it to MQTT that readings arrive: QoS 1,
        /// and sessions that are kept
        #[arg(long, conflicts_with = "step")]
        qos_1: bool,
        /// How many outages in all, for each step
        #[arg(long, default_value_t = 1_000)]
        runs: usize,
        /// The first seed; fifty outages have one, and the others count up from it
        #[arg(long, value_name = "N")]
        seed: Option<u64>,
        /// Which broker: `embedded`, `mosquitto`, or a URL such as mqtt://127.0.0.1:1883
        #[arg(long, value_name = "BROKER", default_value = "embedded")]
        broker: BrokerChoice,
    },
}
