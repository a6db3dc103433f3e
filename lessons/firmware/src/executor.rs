//! What runs the tasks.
//!
//! embassy's own executor for Cortex-M rests by `wfe`, which QEMU does not wait for: the computer's
//! core would be busy all the time. This one rests by `wfi`.

use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m::Peripherals;
use embassy_executor::{SpawnError, SpawnToken, Spawner, raw};
use static_cell::StaticCell;

use crate::{console, lan9118, serial, systick};

/// Whether a task may have something to do.
static WOKEN: AtomicBool = AtomicBool::new(true);

/// Called by embassy whenever a task is woken, in an interrupt too.
// SAFETY: the name is the one that embassy asks for, and nobody else has it.
#[unsafe(export_name = "__pender")]
fn wake(_context: *mut ()) {
    WOKEN.store(true, Ordering::Release);
}

/// Makes the machine ready, and runs tasks for ever, of which `first` begins the first. The program's
/// `main` calls it, once.
pub fn run(first: impl FnOnce(Spawner)) -> ! {
    static EXECUTOR: StaticCell<raw::Executor> = StaticCell::new();

    console::open();
    if let Some(processor) = Peripherals::take() {
        systick::start(processor.SYST);
    }
    serial::open();
    lan9118::listen();

    let executor: &'static raw::Executor = EXECUTOR.init(raw::Executor::new(ptr::null_mut()));
    first(executor.spawner());
    loop {
        // SAFETY: it is called here only, so never while it runs, and nothing has moved it.
        unsafe { executor.poll() };
        // Who is woken between the look and the rest ends the rest: an interrupt that waits does,
        // even while none is let through.
        cortex_m::interrupt::disable();
        if !WOKEN.swap(false, Ordering::AcqRel) {
            cortex_m::asm::wfi();
        }
        // SAFETY: no lock is held here that they were kept away for.
        unsafe { cortex_m::interrupt::enable() };
    }
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
