//! `uname`, `arch`: the system, as commands of the workspace see it.

use shell::command::{CommandResult, Context};

use super::hostname::host;
use crate::options::{Args, Spec, flag};
use crate::quote::quote;
use crate::tool::{Tool, status};

const UNAME: Spec = Spec::new(
    "uname",
    "[OPTION]...",
    "Print certain system information.  With no OPTION, same as -s.",
    &[
        flag(
            "a",
            "all",
            "print all information, in the following order,\nexcept omit -p and -i if unknown:",
        ),
        flag("s", "kernel-name", "print the kernel name"),
        flag("n", "nodename", "print the network node hostname"),
        flag("r", "kernel-release release", "print the kernel release"),
        flag("v", "kernel-version", "print the kernel version"),
        flag("m", "machine", "print the machine hardware name"),
        flag("p", "processor", "print the processor type (non-portable)"),
        flag("i", "hardware-platform", "print the hardware platform (non-portable)"),
        flag("o", "operating-system", "print the operating system"),
    ],
);

const ARCH_SPEC: Spec = Spec::new("arch", "[OPTION]...", "Print machine architecture.", &[]);

/// `uname`.
pub const COMMAND: Tool = Tool::new(UNAME, run);

/// `arch`.
pub const ARCH: Tool = Tool::new(ARCH_SPEC, |cx, args| {
    if let Some(extra) = args.operands.first() {
        return Err(ARCH_SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    line(cx, std::env::consts::ARCH.as_bytes())
});

/// The kernel that commands are written for; the workspace has none of its own, and the host's is not its guests' business.
const RELEASE: &str = "6.1.0-mirage";

fn line(cx: &mut Context<'_>, text: &[u8]) -> CommandResult {
    let out = cx.stdout.buffer();
    out.extend_from_slice(text);
    out.push(b'\n');
    cx.stdout.spill()?;
    status(true, 1)
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if let Some(extra) = args.operands.first() {
        return Err(UNAME.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    let (all, machine) = (args.has("all"), std::env::consts::ARCH.as_bytes().to_vec());
    // `-p` and `-i` are unknown on Linux, so `-a` leaves them out.
    let fields: [(&str, bool, Vec<u8>); 8] = [
        ("kernel-name", all, b"Linux".to_vec()),
        ("nodename", all, host(cx)),
        ("kernel-release", all, RELEASE.into()),
        ("kernel-version", all, b"#1 SMP".to_vec()),
        ("machine", all, machine),
        ("processor", false, b"unknown".to_vec()),
        ("hardware-platform", false, b"unknown".to_vec()),
        ("operating-system", all, b"GNU/Linux".to_vec()),
    ];
    let mut shown: Vec<Vec<u8>> = Vec::new();
    for (key, by_all, text) in &fields {
        if *by_all || args.has(key) {
            shown.push(text.clone());
        }
    }
    if shown.is_empty() {
        shown.push(b"Linux".to_vec());
    }
    line(cx, &shown.join(&b' '))
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    #[test]
    fn fields_come_in_the_order_of_the_system_call() {
        let lab = Lab::new();
        assert_eq!(lab.run("uname", &[], b"").stdout, b"Linux\n");
        assert_eq!(lab.run("uname", &["-o", "-s"], b"").stdout, b"Linux GNU/Linux\n");
        assert_eq!(lab.run("uname", &["x"], b"").status, 1);
    }
}
