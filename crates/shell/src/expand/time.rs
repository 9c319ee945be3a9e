//! Times in prompts and `printf %(…)T`.

use calendar::{Moment, Zone};

use crate::shell::Shell;
use crate::state::value::Attrs;

impl Shell {
    /// Formats seconds since 1970 in the time zone of `TZ`, which counts only when it is exported; otherwise in UTC.
    pub(crate) fn strftime(&self, format: &[u8], seconds: i64) -> Vec<u8> {
        let exported = self
            .vars
            .get(b"TZ")
            .filter(|var| var.attrs.has(Attrs::EXPORT))
            .and_then(|var| var.value.scalar());
        let zone = exported.map_or_else(Zone::utc, |name| Zone::named(name));
        Moment::new((seconds, 0), &zone).format_libc(format)
    }
}
