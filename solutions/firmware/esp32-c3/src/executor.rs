//! What runs the tasks: embassy's executor, as one thread of the scheduler that the Wi-Fi needs.

use embassy_executor::{SpawnError, SpawnToken, Spawner};
use esp_hal::clock::CpuClock;
use esp_hal::ram;
use esp_hal::timer::timg::TimerGroup;
use esp_rtos::embassy::Executor;
use log::LevelFilter;
use static_cell::StaticCell;

use crate::parts;

/// Makes the chip ready, and runs tasks for ever, of which `first` begins the first. The program's
/// `main` calls it, once.
pub fn run(first: impl FnOnce(Spawner)) -> ! {
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();

    esp_println::logger::init_logger(LevelFilter::Info);
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    // Nothing of ours grows. This is for the Wi-Fi, which takes up to 57 KB: first what the boot
    // loader no longer needs.
    esp_alloc::heap_allocator!(#[ram(reclaimed)] size: 64 * 1024);
    esp_alloc::heap_allocator!(size: 36 * 1024);
    esp_rtos::start(TimerGroup::new(chip.TIMG0).timer0, chip.FROM_CPU_INTR0);

    parts::RADIO.put(chip.WIFI);
    parts::SENSOR.put((chip.ADC1, chip.GPIO3));
    parts::LED.put(chip.GPIO5);
    parts::BUTTON.put(chip.GPIO9);
    EXECUTOR.init(Executor::new()).run(first)
}

/// Starts a task.
///
/// # Panics
/// When it runs already: each has the memory of one.
pub fn start<T>(spawner: Spawner, task: Result<SpawnToken<T>, SpawnError>) {
    match task {
        Ok(task) => spawner.spawn(task),
        Err(error) => panic!("a task cannot be started: {error:?}"),
    }
}
