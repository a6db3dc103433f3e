//! Time for embassy: the processor's own timer, SysTick, at a thousand ticks a second.

use core::cell::RefCell;
use core::task::Waker;

use cortex_m::peripheral::SYST;
use cortex_m::peripheral::syst::SystClkSource;
use cortex_m_rt::exception;
use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::{Driver, TICK_HZ, time_driver_impl};
use embassy_time_queue_utils::Queue;

/// In hertz.
const CLOCK: u32 = 25_000_000;

struct Time {
    /// Ticks since the start.
    now: u64,
    /// Who waits.
    queue: Queue,
    /// When the first of them is to be woken.
    next: u64,
}

struct SysTickDriver(Mutex<RefCell<Time>>);

time_driver_impl!(static DRIVER: SysTickDriver = SysTickDriver(Mutex::new(RefCell::new(Time {
    now: 0,
    queue: Queue::new(),
    next: u64::MAX,
}))));

impl SysTickDriver {
    fn time<T>(&self, look: impl FnOnce(&mut Time) -> T) -> T {
        critical_section::with(|lock: CriticalSection| look(&mut self.0.borrow_ref_mut(lock)))
    }
}

impl Driver for SysTickDriver {
    fn now(&self) -> u64 {
        self.time(|time| time.now)
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        self.time(|time| {
            if time.queue.schedule_wake(at, waker) {
                time.next = time.next.min(at);
            }
        });
    }
}

/// Starts the clock.
pub fn start(mut timer: SYST) {
    timer.set_clock_source(SystClkSource::Core);
    timer.set_reload(CLOCK / TICK_HZ as u32 - 1);
    timer.clear_current();
    timer.enable_counter();
    timer.enable_interrupt();
}

#[exception]
fn SysTick() {
    DRIVER.time(|time| {
        time.now += 1;
        if time.now >= time.next {
            time.next = time.queue.next_expiration(time.now);
        }
    });
}
