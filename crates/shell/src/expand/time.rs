//! Times in prompts and `printf %(…)T`.

use crate::format::strftime;
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
        let zone = strftime::time_zone(Some(exported.map_or(&b""[..], Vec::as_slice)));
        strftime::strftime(format, &strftime::at(seconds, zone))
    }
}
