//! Command-line options as GNU `getopt_long` reads them, from one declarative table per command.
//!
//! The table also makes `--help` and `--version`. Messages are glibc's and coreutils', byte for byte.

mod help;

use shell::command::{CommandError, Context};

/// Whether an option takes an argument, and what `--help` calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arg {
    /// None.
    No,
    /// `-n5`, `-n 5`, `--lines=5`, `--lines 5`.
    Required(&'static str),
    /// Only attached: `-n5`, `--lines=5`.
    Optional(&'static str),
}

/// One option. Its key, by which commands match it, is the first long name, or the first short letter if it has no long name.
#[derive(Debug, Clone, Copy)]
pub struct Opt {
    shorts: &'static str,
    longs: &'static str,
    arg: Arg,
    help: &'static str,
}

/// An option without argument. `shorts` are letters, `longs` names separated by spaces; either may be empty. Without a help
/// text the option stays out of `--help`.
pub const fn flag(shorts: &'static str, longs: &'static str, help: &'static str) -> Opt {
    Opt {
        shorts,
        longs,
        arg: Arg::No,
        help,
    }
}

/// An option with an argument called `metavar`.
pub const fn value(shorts: &'static str, longs: &'static str, metavar: &'static str, help: &'static str) -> Opt {
    Opt {
        shorts,
        longs,
        arg: Arg::Required(metavar),
        help,
    }
}

/// An option whose argument, called `metavar`, may be left out.
pub const fn optional(shorts: &'static str, longs: &'static str, metavar: &'static str, help: &'static str) -> Opt {
    Opt {
        shorts,
        longs,
        arg: Arg::Optional(metavar),
        help,
    }
}

impl Opt {
    /// The name by which commands match it.
    pub fn key(&self) -> &'static str {
        match self.longs.split(' ').next() {
            Some(long) if !long.is_empty() => long,
            _ => self.shorts.get(..1).unwrap_or_default(),
        }
    }

    fn has_long(&self, name: &[u8]) -> bool {
        self.longs().any(|l| l.as_bytes() == name)
    }

    fn longs(&self) -> impl Iterator<Item = &'static str> {
        self.longs.split(' ').filter(|l| !l.is_empty())
    }
}

/// How operands among the options are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Options may follow operands (unless `POSIXLY_CORRECT` is set).
    Permute,
    /// The first operand ends the options: `env`, `xargs`, `timeout`.
    Stop,
    /// Operands become options with the key `""`, in place.
    InOrder,
    /// Nothing is an option, except `--help` and `--version` as the only argument.
    Raw,
    /// Nothing at all is an option.
    Verbatim,
}

/// Whose tool it is: decides the words of `--version` and of the hint after a usage error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// GNU coreutils.
    Coreutils,
    /// GNU findutils.
    Findutils,
    /// GNU diffutils, whose hints begin with the name.
    Diffutils,
    /// util-linux.
    UtilLinux,
    /// Anything else; named in `--version`.
    Other(&'static str),
}

/// What a command's command line looks like.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// The command's name.
    pub name: &'static str,
    /// Synopsis without the name; alternatives on lines of their own.
    pub usage: &'static str,
    /// What it does: the first line is the summary.
    pub about: &'static str,
    /// The options, in the order of the tool's own table.
    pub options: &'static [Opt],
    /// Text after the options in `--help`.
    pub notes: &'static str,
    /// Status of a usage error.
    pub trouble: u8,
    /// Treatment of operands.
    pub order: Order,
    /// Origin.
    pub suite: Suite,
}

impl Spec {
    /// A coreutils-like command: options anywhere, usage errors end with 1.
    pub const fn new(name: &'static str, usage: &'static str, about: &'static str, options: &'static [Opt]) -> Self {
        Self {
            name,
            usage,
            about,
            options,
            notes: "",
            trouble: 1,
            order: Order::Permute,
            suite: Suite::Coreutils,
        }
    }

    /// With another status for usage errors.
    #[must_use]
    pub const fn trouble(mut self, status: u8) -> Self {
        self.trouble = status;
        self
    }

    /// With another treatment of operands.
    #[must_use]
    pub const fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// From another suite.
    #[must_use]
    pub const fn suite(mut self, suite: Suite) -> Self {
        self.suite = suite;
        self
    }

    /// With a text after the options in `--help`.
    #[must_use]
    pub const fn notes(mut self, notes: &'static str) -> Self {
        self.notes = notes;
        self
    }

    /// The line that a usage error ends with.
    fn hint(&self, name: &[u8]) -> Vec<u8> {
        match self.suite {
            Suite::Diffutils => [name, b": Try '", name, b" --help' for more information."].concat(),
            _ => [b"Try '", name, b" --help' for more information."].concat(),
        }
    }

    /// A failure with a message and the hint: `missing operand`, `extra operand 'x'`.
    pub fn usage_error(&self, cx: &Context<'_>, message: impl AsRef<[u8]>) -> CommandError {
        self.error(&cx.name, message.as_ref())
    }

    /// The meaning of an option's argument out of a table of words (gnulib `argmatch`): unambiguous beginnings will do.
    /// Words that mean the same stand next to each other in the table.
    pub fn choose<T: Copy + PartialEq>(
        &self,
        cx: &Context<'_>,
        option: &str,
        given: &[u8],
        table: &[(&'static str, T)],
    ) -> Result<T, CommandError> {
        if let Some((_, t)) = table.iter().find(|(w, _)| w.as_bytes() == given) {
            return Ok(*t);
        }
        let mut matches = table.iter().filter(|(w, _)| w.as_bytes().starts_with(given));
        let found = matches.next();
        let same = found.is_some_and(|(_, t)| matches.all(|(_, u)| t == u));
        match found {
            Some((_, t)) if same => return Ok(*t),
            _ => {}
        }
        let problem = if found.is_some() { "ambiguous" } else { "invalid" };
        let mut m = [
            format!("{problem} argument ").as_bytes(),
            &crate::quote::quote(given),
            format!(" for '{option}'\nValid arguments are:").as_bytes(),
        ]
        .concat();
        let mut last = None;
        for (word, t) in table {
            m.extend_from_slice(if last == Some(t) { b", '" } else { b"\n  - '" });
            m.extend_from_slice(word.as_bytes());
            m.push(b'\'');
            last = Some(t);
        }
        Err(self.usage_error(cx, m))
    }

    fn error(&self, name: &[u8], message: &[u8]) -> CommandError {
        CommandError::fail(self.trouble, [message, b"\n", &self.hint(name)].concat())
    }

    /// Reads the arguments of `cx`; `None` when `--help` or `--version` has been answered.
    pub fn parse(&self, cx: &mut Context<'_>) -> Result<Option<Args>, CommandError> {
        let args = std::mem::take(&mut cx.args);
        self.parse_list(cx, args)
    }

    /// As [`Spec::parse`], for arguments that come from elsewhere or were prepared.
    pub fn parse_list(&self, cx: &mut Context<'_>, args: Vec<Vec<u8>>) -> Result<Option<Args>, CommandError> {
        let stop = cx.env.contains_key(&b"POSIXLY_CORRECT"[..]);
        match self.scan(&cx.name, args, stop)? {
            Scan::Args(args) => Ok(Some(args)),
            Scan::Help => {
                cx.stdout.write_bytes(self.help(&cx.name).into())?;
                Ok(None)
            }
            Scan::Version => {
                cx.stdout.write_bytes(self.version(&cx.name).into())?;
                Ok(None)
            }
        }
    }

    fn scan(&self, name: &[u8], argv: Vec<Vec<u8>>, posix: bool) -> Result<Scan, CommandError> {
        let mut args = Args::default();
        if matches!(self.order, Order::Raw | Order::Verbatim) {
            if self.order == Order::Raw && argv.len() == 1 {
                match &argv[0][..] {
                    b"--help" => return Ok(Scan::Help),
                    b"--version" => return Ok(Scan::Version),
                    _ => {}
                }
            }
            args.operands = argv;
            return Ok(Scan::Args(args));
        }
        let stop = self.order == Order::Stop || (posix && self.order == Order::Permute);
        let mut rest = argv.into_iter();
        while let Some(arg) = rest.next() {
            let before = rest.len();
            if arg == b"--" {
                args.words.push(arg);
                args.operands.extend(rest);
                break;
            }
            let is_option = arg.len() > 1 && arg[0] == b'-';
            if is_option {
                args.words.push(arg.clone());
            }
            if let Some(long) = arg.strip_prefix(b"--") {
                match self.long(name, long, &mut rest)? {
                    Found::Item(item) => args.options.push(item),
                    Found::Help => return Ok(Scan::Help),
                    Found::Version => return Ok(Scan::Version),
                }
            } else if arg.len() > 1 && arg[0] == b'-' {
                if let Some(scan) = self.cluster(name, &arg[1..], &mut rest, &mut args)? {
                    return Ok(scan);
                }
            } else if stop {
                args.operands.push(arg);
                args.operands.extend(rest);
                break;
            } else if self.order == Order::InOrder {
                args.options.push(Item {
                    key: "",
                    short: None,
                    value: Some(arg),
                });
            } else {
                args.operands.push(arg);
            }
            if rest.len() < before {
                let value = args.options.last().and_then(|o| o.value.clone());
                args.words.extend(value);
            }
        }
        Ok(Scan::Args(args))
    }

    fn cluster(
        &self,
        name: &[u8],
        cluster: &[u8],
        rest: &mut std::vec::IntoIter<Vec<u8>>,
        args: &mut Args,
    ) -> Result<Option<Scan>, CommandError> {
        for (at, &letter) in cluster.iter().enumerate() {
            let Some(opt) = self.options.iter().find(|o| o.shorts.as_bytes().contains(&letter)) else {
                return Err(self.error(name, &[b"invalid option -- '", &[letter][..], b"'"].concat()));
            };
            match opt.key() {
                "help" => return Ok(Some(Scan::Help)),
                "version" => return Ok(Some(Scan::Version)),
                _ => {}
            }
            let attached = &cluster[at + 1..];
            let value = match opt.arg {
                Arg::No => None,
                Arg::Optional(_) if attached.is_empty() => None,
                Arg::Required(_) if attached.is_empty() => Some(rest.next().ok_or_else(|| {
                    self.error(
                        name,
                        &[b"option requires an argument -- '", &[letter][..], b"'"].concat(),
                    )
                })?),
                _ => Some(attached.to_vec()),
            };
            let ends = opt.arg != Arg::No;
            args.options.push(Item {
                key: opt.key(),
                short: Some(letter),
                value,
            });
            if ends {
                break;
            }
        }
        Ok(None)
    }

    fn long(&self, name: &[u8], text: &[u8], rest: &mut std::vec::IntoIter<Vec<u8>>) -> Result<Found, CommandError> {
        let (given, attached) = match memchr::memchr(b'=', text) {
            Some(at) => (&text[..at], Some(text[at + 1..].to_vec())),
            None => (text, None),
        };
        let table = || self.options.iter().chain(help::STANDARD);
        let opt = match table().find(|o| o.has_long(given)) {
            Some(opt) => opt,
            None => self.abbreviation(name, given, text)?,
        };
        // The full name stands in messages even if an abbreviation was given.
        let full = opt
            .longs()
            .find(|l| l.as_bytes() == given)
            .or_else(|| opt.longs().find(|l| l.as_bytes().starts_with(given)))
            .unwrap_or_default();
        match (opt.arg, &attached) {
            (Arg::No, Some(_)) => {
                return Err(self.error(name, format!("option '--{full}' doesn't allow an argument").as_bytes()));
            }
            (Arg::No, None) if opt.key() == "help" => return Ok(Found::Help),
            (Arg::No, None) if opt.key() == "version" => return Ok(Found::Version),
            _ => {}
        }
        let value = match (opt.arg, attached) {
            (Arg::Required(_), None) => Some(
                rest.next()
                    .ok_or_else(|| self.error(name, format!("option '--{full}' requires an argument").as_bytes()))?,
            ),
            (_, attached) => attached,
        };
        Ok(Found::Item(Item {
            key: opt.key(),
            short: None,
            value,
        }))
    }

    /// The one option that an abbreviated long name stands for. Several names of one option are no ambiguity.
    fn abbreviation(&self, name: &[u8], given: &[u8], text: &[u8]) -> Result<&Opt, CommandError> {
        let matches: Vec<(&Opt, &'static str)> = self
            .options
            .iter()
            .chain(help::STANDARD)
            .flat_map(|o| o.longs().map(move |l| (o, l)))
            .filter(|(_, l)| l.as_bytes().starts_with(given))
            .collect();
        match matches.first() {
            Some((opt, _)) if matches.iter().all(|(o, _)| o.key() == opt.key()) => Ok(opt),
            Some(_) => {
                let mut m = [b"option '--", text, b"' is ambiguous; possibilities:"].concat();
                for (_, l) in &matches {
                    m.extend_from_slice(b" '--");
                    m.extend_from_slice(l.as_bytes());
                    m.push(b'\'');
                }
                Err(self.error(name, &m))
            }
            None => Err(self.error(name, &[b"unrecognized option '--", text, b"'"].concat())),
        }
    }
}

enum Scan {
    Args(Args),
    Help,
    Version,
}

enum Found {
    Item(Item),
    Help,
    Version,
}

/// One option as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The option's key; `""` for an operand under [`Order::InOrder`].
    pub key: &'static str,
    /// The letter, if it was given as one.
    pub short: Option<u8>,
    /// The argument, if there is one.
    pub value: Option<Vec<u8>>,
}

impl Item {
    /// The argument; empty if there is none.
    pub fn value(&self) -> &[u8] {
        self.value.as_deref().unwrap_or_default()
    }
}

/// A command line after parsing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Args {
    /// Options in the order given.
    pub options: Vec<Item>,
    /// Operands in the order given.
    pub operands: Vec<Vec<u8>>,
    /// The words that were options or their arguments, as they were given.
    pub words: Vec<Vec<u8>>,
}

impl Args {
    /// Whether the option was given.
    pub fn has(&self, key: &str) -> bool {
        self.options.iter().any(|o| o.key == key)
    }

    /// The argument of the last occurrence.
    pub fn last(&self, key: &str) -> Option<&[u8]> {
        self.options.iter().rev().find(|o| o.key == key).map(Item::value)
    }

    /// The operands, or `-` alone if there are none.
    pub fn files(&self) -> Vec<Vec<u8>> {
        if self.operands.is_empty() {
            vec![b"-".to_vec()]
        } else {
            self.operands.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = Spec::new(
        "t",
        "[OPTION]...",
        "Tests.",
        &[
            flag("a", "all", "all"),
            value("n", "lines", "NUM", "lines"),
            optional("c", "color colour", "WHEN", "colour"),
            flag("", "random-sort", "r"),
            flag("r", "reverse", "r"),
        ],
    );

    fn scan(spec: Spec, args: &[&str]) -> Result<String, String> {
        let argv = args.iter().map(|a| a.as_bytes().to_vec()).collect();
        match spec.scan(b"t", argv, false) {
            Ok(Scan::Args(a)) => {
                let show = |v: &[u8]| String::from_utf8_lossy(v).into_owned();
                let opts: Vec<_> = a
                    .options
                    .iter()
                    .map(|o| {
                        o.value
                            .as_ref()
                            .map_or(o.key.to_string(), |v| format!("{}={}", o.key, show(v)))
                    })
                    .collect();
                let rest: Vec<_> = a.operands.iter().map(|o| show(o)).collect();
                Ok(format!("{} | {}", opts.join(" "), rest.join(" ")))
            }
            Ok(Scan::Help) => Ok("help".into()),
            Ok(Scan::Version) => Ok("version".into()),
            Err(e) => Err(e.to_string().lines().next().unwrap_or_default().to_string()),
        }
    }

    #[test]
    fn options_are_read_as_getopt_long_reads_them() {
        for (args, want) in [
            (&["x", "-an5", "y", "--", "-r"][..], "all lines=5 | x y -r"),
            (&["-n", "5", "-c", "red", "-cred"][..], "lines=5 color color=red | red"),
            (
                &["--li=5", "--lines", "6", "--colour=x", "--col"][..],
                "lines=5 lines=6 color=x color | ",
            ),
            (&["-", "--rev"][..], "reverse | -"),
            (&["--he"][..], "help"),
            (&["--version"][..], "version"),
        ] {
            assert_eq!(scan(SPEC, args).as_deref(), Ok(want), "{args:?}");
        }
    }

    #[test]
    fn messages_are_glibcs() {
        for (args, want) in [
            (&["-ay"][..], "invalid option -- 'y'"),
            (&["-n"][..], "option requires an argument -- 'n'"),
            (&["--lines"][..], "option '--lines' requires an argument"),
            (&["--foo=1"][..], "unrecognized option '--foo=1'"),
            (&["--al=1"][..], "option '--all' doesn't allow an argument"),
            (
                &["--r"][..],
                "option '--r' is ambiguous; possibilities: '--random-sort' '--reverse'",
            ),
        ] {
            assert_eq!(scan(SPEC, args), Err(want.to_string()), "{args:?}");
        }
    }

    #[test]
    fn order_decides_what_an_operand_ends() {
        assert_eq!(
            scan(SPEC.order(Order::Stop), &["-a", "x", "-r"]).as_deref(),
            Ok("all | x -r")
        );
        assert_eq!(
            scan(SPEC.order(Order::InOrder), &["x", "-r"]).as_deref(),
            Ok("=x reverse | ")
        );
        assert_eq!(
            scan(SPEC.order(Order::Raw), &["-z", "--help"]).as_deref(),
            Ok(" | -z --help")
        );
    }
}
