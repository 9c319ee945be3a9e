//! `times`.

use crate::shell::{Exec, Shell};

pub(super) fn run(sh: &mut Shell, _: &[Vec<u8>]) -> Exec {
    let (user, system) = crate::exec::cpu_times();
    let show = |t: f64| format!("{}m{:.3}s", (t / 60.0) as u64, t % 60.0);
    let text = format!("{} {}\n0m0.000s 0m0.000s\n", show(user), show(system));
    sh.put(b"times", text.as_bytes())
}
