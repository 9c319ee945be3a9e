//! Times: the zone of a command's environment, and the dates that people write.

pub mod parse;

use std::ops::Deref;

pub use calendar::{Civil, Moment};
use shell::command::Context;

/// A time zone, as a command finds it.
#[derive(Debug, Clone)]
pub struct Zone(calendar::Zone);

impl Zone {
    /// Universal time.
    pub fn utc() -> Self {
        Self(calendar::Zone::utc())
    }

    /// The zone that `TZ` names in the command's environment.
    pub fn of(cx: &Context<'_>) -> Self {
        Self(calendar::Zone::of_variable(cx.var("TZ")))
    }

    /// The zone that a value of `TZ` names.
    pub fn named(text: &[u8]) -> Self {
        Self(calendar::Zone::named(text))
    }
}

impl Deref for Zone {
    type Target = calendar::Zone;

    fn deref(&self) -> &calendar::Zone {
        &self.0
    }
}

impl AsRef<calendar::Zone> for Zone {
    fn as_ref(&self) -> &calendar::Zone {
        &self.0
    }
}
