//! What is measured, in the order of the tables.

mod outages;
mod steady;

use std::pin::Pin;

use protocols::cost::Plan;
use protocols::report::Report;

use crate::servers::Servers;

/// One measurement, or several that must not run side by side.
pub struct Case {
    /// As in the tables.
    pub name: String,
    /// Does it. What it counts has its name already.
    pub run: Measuring,
}

/// On its way.
pub type Measuring = Pin<Box<dyn Future<Output = anyhow::Result<Report>>>>;

impl Case {
    fn new(
        name: impl Into<String>,
        run: impl Future<Output = anyhow::Result<Report>> + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            run: Box::pin(run),
        }
    }
}

/// Everything that can be measured with these servers.
///
/// # Errors
/// When certificates cannot be made.
pub fn all(servers: &Servers, plan: Plan) -> anyhow::Result<Vec<Case>> {
    let mut cases = steady::all(servers, plan)?;
    cases.extend(outages::all(servers));
    Ok(cases)
}
