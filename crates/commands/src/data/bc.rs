//! `bc`: arithmetic of any precision (POSIX XCU `bc`, with GNU's additions).

mod lex;
mod math;
mod number;
mod parse;
mod run;

use shell::command::{CommandError, CommandResult, Context};

use crate::input;
use crate::options::{Args, Spec, Suite, flag};
use crate::tool::{Tool, status};

const SPEC: Spec = Spec::new(
    "bc",
    "[options] [file ...]",
    "An arbitrary precision calculator language.",
    &[
        flag("h", "help", "print this usage and exit"),
        flag("i", "interactive", "force interactive mode"),
        flag("l", "mathlib", "use the predefined math routines"),
        flag("q", "quiet", "don't print initial banner"),
        flag("s", "standard", "non-standard bc constructs are errors"),
        flag("w", "warn", "warn about non-standard bc constructs"),
        flag("v", "version", "print version information and exit"),
        flag("c", "", ""),
    ],
)
.suite(Suite::Other("compatible with GNU bc 1.07.1"));

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, run);

fn run(cx: &mut Context<'_>, args: Args) -> CommandResult {
    if args.has("help") || args.has("version") {
        let text = if args.has("help") {
            SPEC.help(b"bc")
        } else {
            SPEC.version(b"bc")
        };
        cx.stdout.write_bytes(text.into())?;
        return status(true, 1);
    }
    if args.has("standard") {
        return Err(CommandError::fail(1, "-s (--standard) is not supported"));
    }
    let mut machine = run::Machine::new(cx, args.has("mathlib"));
    for name in &args.operands {
        let text = match input::open(cx, name).and_then(|mut s| s.read_all()) {
            Ok(text) => text,
            Err(e) if e.errno() == vfs::Errno::ECANCELED => return Err(e.into()),
            Err(_) => {
                let line = [&b"File "[..], name, b" is unavailable.\n"].concat();
                let _ = std::io::Write::write_all(&mut cx.stderr, &line);
                return status(false, 1);
            }
        };
        if !machine.file(cx, name, &text)? {
            return status(true, 1);
        }
    }
    machine.standard_input(cx)?;
    status(true, 1)
}

#[cfg(test)]
mod tests {
    use crate::testing::Lab;

    fn bc(script: &str) -> String {
        let out = Lab::new().run("bc", &["-l"], script.as_bytes());
        String::from_utf8_lossy(&[&out.stdout[..], &out.stderr].concat()).into_owned()
    }

    #[test]
    fn numbers_keep_their_scale() {
        for (script, want) in [
            ("scale=3; 1/3; -1/3; 0.5\n", ".333\n-.333\n.5\n"),
            (
                "1.10*1.10; 2^10; 2^-2; -2^2\n",
                "1.2100\n1024\n.25000000000000000000\n4\n",
            ),
            ("scale=0; 5%3; -5%3; 5.5%2\n", "2\n-2\n1.5\n"),
            ("scale=10; sqrt(2); length(.001); scale(1.50)\n", "1.4142135623\n3\n2\n"),
            ("ibase=16; FF; A\n", "255\n10\n"),
            ("obase=16; 255; obase=20; 399\n", "FF\n 19 19\n"),
        ] {
            assert_eq!(bc(script), want, "{script}");
        }
    }

    #[test]
    fn the_language_has_functions_loops_and_arrays() {
        for (script, want) in [
            (
                "define f(n){if(n<=1)return 1;return n*f(n-1)}\nf(20)\n",
                "2432902008176640000\n",
            ),
            ("for(i=0;i<3;i++) i\n", "0\n1\n2\n"),
            ("a[1]=2;a[1]++;++a[1]\n", "2\n4\n"),
            ("define f(a[]){a[0]=9}\nb[0]=1\nf(b[])\nb[0]\n", "0\n1\n"),
            ("x=5\nx++\nx\n(x=7)\n", "5\n6\n7\n"),
            ("print \"a\\tb\", 1, \"\\n\"\n", "a\tb1\n"),
            ("while(1){break}\n!0+1;1||0&&0\n", "0\n1\n"),
        ] {
            assert_eq!(bc(script), want, "{script}");
        }
    }

    #[test]
    fn the_library_gives_digits_that_are_right() {
        for (script, want) in [
            ("e(1)\n", "2.71828182845904523536\n"),
            ("l(2)\n", ".69314718055994530941\n"),
            (
                "s(1);c(1);a(1)\n",
                ".84147098480789650665\n.54030230586813971740\n.78539816339744830961\n",
            ),
            (
                "scale=50;4*a(1)\n",
                "3.14159265358979323846264338327950288419716939937508\n",
            ),
            ("j(0,1)\n", ".76519768655796655144\n"),
        ] {
            assert_eq!(bc(script), want, "{script}");
        }
    }

    #[test]
    fn faults_are_named_and_the_next_line_goes_on() {
        assert_eq!(
            bc("1/0\n5\n"),
            "5\nRuntime error (func=(main), adr=3): Divide by zero\n"
        );
        assert_eq!(bc("1+\n2\n"), "2\n(standard_in) 2: syntax error\n");
        assert_eq!(bc("2^1000\n").lines().next().map(str::len), Some(69));
    }
}
