//! `hostname`, `hostid`.

use shell::command::{CommandError, CommandResult, Context};

use crate::options::{Args, Spec, Suite, flag, value};
use crate::quote::quote;
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "hostname",
    "[-a|-A|-d|-f|-i|-I|-s]",
    "Print the name of the host.",
    &[
        flag("a", "alias", "alias names"),
        flag("A", "all-fqdns", "all long host names (FQDNs)"),
        value("b", "boot", "NAME", ""),
        flag("d", "domain", "DNS domain name"),
        flag("f", "fqdn long", "long host name (FQDN)"),
        value("F", "file", "FILE", ""),
        flag("i", "ip-address", "addresses for the host name"),
        flag("I", "all-ip-addresses", "all addresses for the host"),
        flag("s", "short", "short host name"),
    ],
)
.suite(Suite::Other("compatible with hostname 3.23"));

const HOSTID_SPEC: Spec = Spec::new(
    "hostid",
    "[OPTION]",
    "Print the numeric identifier (in hexadecimal) for the current host.",
    &[],
);

/// `hostname`.
pub const COMMAND: Tool = Tool::new(SPEC, run);

/// `hostid`.
pub const HOSTID: Tool = Tool::new(HOSTID_SPEC, |cx, args| {
    if let Some(extra) = args.operands.first() {
        return Err(HOSTID_SPEC.usage_error(cx, [&b"extra operand "[..], &quote(extra)].concat()));
    }
    print(cx, b"007f0100")
});

/// The name of the machine that commands believe to run on: `HOSTNAME` if it is exported, else the shell's default.
pub fn host(cx: &Context<'_>) -> Vec<u8> {
    cx.var("HOSTNAME")
        .filter(|n| !n.is_empty())
        .unwrap_or(b"mirage")
        .to_vec()
}

fn print(cx: &mut Context<'_>, text: &[u8]) -> CommandResult {
    let out = cx.stdout.buffer();
    out.extend_from_slice(text);
    out.push(b'\n');
    cx.stdout.spill()?;
    status(true, 1)
}

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if args.has("boot") || args.has("file") || !args.operands.is_empty() {
        return Err(CommandError::fail(1, "you must be root to change the host name"));
    }
    let name = host(cx);
    let dot = memchr::memchr(b'.', &name);
    let text: Vec<u8> = match args.options.last().map_or("", |o| o.key) {
        "short" => name[..dot.unwrap_or(name.len())].to_vec(),
        "domain" => dot.map_or(Vec::new(), |n| name[n + 1..].to_vec()),
        "ip-address" | "all-ip-addresses" => b"127.0.0.1".to_vec(),
        "alias" => Vec::new(),
        _ => name,
    };
    print(cx, &text)
}
