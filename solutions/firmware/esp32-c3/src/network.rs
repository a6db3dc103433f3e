//! TCP/IP over Wi-Fi.

use core::future::pending;

use embassy_executor::Spawner;
use embassy_futures::select::select;
use embassy_net::{Config, Runner, Stack, StackResources};
use embassy_time::{Duration, Timer};
use esp_radio::wifi::sta::StationConfig;
use esp_radio::wifi::{
    AuthenticationMethodConfig, Config as Mode, ControllerConfig, Interface, WifiController,
    WifiError,
};
use log::{info, warn};
use static_cell::StaticCell;

use crate::executor;
use crate::parts::RADIO;

/// The Wi-Fi's name.
const NAME: &str = env!("NIGHTLIGHT_WIFI");

/// Its password; none, where everybody may join.
const PASSWORD: Option<&str> = option_env!("NIGHTLIGHT_WIFI_PASSWORD");

/// How long to leave the Wi-Fi in peace before we try to join it again.
const AGAIN: Duration = Duration::from_secs(2);

/// One for MQTT, one for DHCP, one to spare.
const SOCKETS: usize = 3;

/// Starts it, and keeps it joined. From `seed` follows what should be another number at each start, as
/// the first port.
///
/// # Panics
/// When name or password cannot be those of a Wi-Fi.
pub fn start(spawner: Spawner, seed: u64) -> Stack<'static> {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();

    let radio = match radio() {
        Ok(radio) => radio,
        Err(error) => panic!("the Wi-Fi {NAME} cannot be used: {error}"),
    };
    // Whoever runs the network says which address is ours.
    let config = Config::dhcpv4(Default::default());
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) = embassy_net::new(Interface::station(), config, resources, seed);
    executor::start(spawner, run(runner));
    executor::start(spawner, stay_joined(radio, stack));
    stack
}

fn radio() -> Result<WifiController<'static>, WifiError> {
    let authentication = match PASSWORD {
        None | Some("") => AuthenticationMethodConfig::Open,
        Some(password) => AuthenticationMethodConfig::Wpa2Personal(password.try_into()?),
    };
    let station = StationConfig::default()
        .with_ssid(NAME.try_into()?)
        .with_authentication(authentication);
    let config = ControllerConfig::default().with_initial_config(Mode::Station(station));
    WifiController::new(RADIO.take(), config)
}

#[embassy_executor::task]
async fn run(mut runner: Runner<'static, Interface>) {
    runner.run().await
}

/// Joins the Wi-Fi, and joins it again whenever it is lost.
#[embassy_executor::task]
async fn stay_joined(mut radio: WifiController<'static>, stack: Stack<'static>) {
    loop {
        match radio.connect_async().await {
            Ok(_) => {
                info!("The Wi-Fi {NAME} is joined");
                select(radio.wait_for_disconnect_async(), say_address(stack)).await;
                warn!("The Wi-Fi {NAME} is lost. Trying again.");
            }
            Err(error) => warn!("The Wi-Fi {NAME} cannot be joined: {error}. Trying again."),
        }
        Timer::after(AGAIN).await;
    }
}

/// Says which address we were given.
async fn say_address(stack: Stack<'static>) {
    stack.wait_config_up().await;
    if let Some(config) = stack.config_v4() {
        info!("Our address is {}", config.address);
    }
    pending().await
}
