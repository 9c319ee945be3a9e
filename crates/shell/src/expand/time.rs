//! Times in prompts and `printf %(…)T`.

use crate::format::strftime::{at, strftime, time_zone};
use crate::shell::Shell;

impl Shell {
    /// Formats seconds since the epoch in the time zone of `TZ`.
    pub(crate) fn strftime(&self, format: &[u8], seconds: i64) -> Vec<u8> {
        let tz = self.get_var(b"TZ");
        strftime(format, &at(seconds, time_zone(tz.as_deref())))
    }
}
