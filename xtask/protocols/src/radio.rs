//! What a radio would spend.
//!
//! Not so much for each byte: who has measured it found that waking up and staying awake decides,
//! and small payloads hardly matter. So what is counted here is what the other tables say of
//! waiting: round trips. The rest is taken from others' measurements, or assumed, and says so.

/// Waits for answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Radio {
    /// What, and how it is used.
    pub name: &'static str,
    /// In joule: until it can send, and back to sleep.
    pub waking: f64,
    /// In watt, while it waits for an answer.
    pub waiting: f64,
    /// In seconds, for a round trip.
    pub trip: f64,
    /// Where these come from.
    pub sources: &'static str,
}

/// Sleeps deeply, which forgets every connection.
pub const WIFI: Radio = Radio {
    name: "Wi-Fi, ESP32 from deep sleep",
    waking: 0.50,
    waiting: 0.33,
    trip: 0.05,
    sources: "0.50 J to join with a static address: measured on one board \
              (github.com/glenn20/upy-esp32-experiments, ESPNowvsWifiEnergyUsage). \
              0.33 W: 100 mA at 3.3 V while receiving, from the data sheet of the ESP32. A round \
              trip of 50 ms is assumed.",
};

/// Stays registered with the network while it sleeps, and may keep a connection.
pub const NB_IOT: Radio = Radio {
    name: "NB-IoT, nRF9160 from power saving",
    waking: 0.106,
    waiting: 0.113,
    trip: 0.84,
    sources: "0.106 J: 28.76 mC at 3.7 V for waking, sending 536 bytes and being released at once; \
              0.113 W: 395 mC with 12 s of waiting for it (S. Røstad, master's thesis, NTNU 2020). \
              A round trip of 0.84 s: the latency measured by Ugwuanyi, Paul and Irvine \
              (Electronics 2021, 10, 2224).",
};

impl Radio {
    /// In joule, for a message that takes so many round trips.
    pub fn message(&self, trips: u64) -> f64 {
        self.waking + self.waiting * self.trip * trips as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_follow_from_their_sources() {
        assert!((NB_IOT.waking - 0.02876 * 3.7).abs() < 0.001);
        assert!((NB_IOT.waiting - (0.395 - 0.02876) * 3.7 / 12.0).abs() < 0.001);
        assert!((WIFI.waiting - 0.1 * 3.3).abs() < 0.001);
    }

    #[test]
    fn each_round_trip_costs_its_time_awake() {
        let difference = WIFI.message(4) - WIFI.message(2);
        assert!((difference - 2.0 * 0.05 * 0.33).abs() < 1e-9);
        assert!((WIFI.message(0) - WIFI.waking).abs() < 1e-9);
    }
}
