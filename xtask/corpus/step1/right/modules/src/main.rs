//! Right, but for taste: the event loop in a thread, the sensor in `main`, and modules in folders.

mod board;
mod network;

fn main() -> anyhow::Result<()> {
    let settings = nightlight::Settings::load()?;
    network::start(&settings)?;
    board::lamp::shine(&settings)
}
