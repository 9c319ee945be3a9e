//! Every expectation was printed by bash 5.2 on x86-64.

use super::{PrintfHost, printf};

struct Host(Vec<u8>);

impl PrintfHost for Host {
    fn complain(&mut self, message: &[u8]) {
        self.0.extend_from_slice(message);
        self.0.push(b'\n');
    }

    fn quote(&mut self, text: &[u8]) -> Vec<u8> {
        [b"'", text, b"'"].concat()
    }

    fn time(&mut self, format: &[u8], seconds: Option<i64>) -> Vec<u8> {
        calendar::Moment::new((seconds.unwrap_or(0), 0), &calendar::Zone::utc()).format_libc(format)
    }

    fn store(&mut self, _name: &[u8], _count: usize) -> bool {
        true
    }
}

fn run(args: &[&str]) -> (u8, String, String) {
    let mut host = Host(Vec::new());
    let mut out = Vec::new();
    let rest: Vec<Vec<u8>> = args[1..].iter().map(|arg| arg.as_bytes().to_vec()).collect();
    let status = printf(args[0].as_bytes(), &rest, &mut host, &mut out, 1 << 20);
    (
        status,
        String::from_utf8_lossy(&out).into_owned(),
        String::from_utf8_lossy(&host.0).into_owned(),
    )
}

/// Every expectation was printed by bash 5.2 on x86-64.
#[test]
fn prints_what_bash_prints() {
    for (args, text) in [
        (&["%s %s\\n", "a", "b", "c"][..], "a b\nc \n"),
        (&["x\\n", "a", "b"], "x\n"),
        (
            &["%5.2s|%-5d|%05d|%+d|% d|%#x|%#o", "abc", "3", "3", "3", "3", "255", "8"],
            "   ab|3    |00003|+3| 3|0xff|010",
        ),
        (&["%.20f", "0.1"], "0.10000000000000000000"),
        (&["%a %A", "3.14", "0"], "0xc.8f5c28f5c28f5c3p-2 0X0P+0"),
        (&["%.0f %.0f %.0f", "0.5", "1.5", "2.5"], "0 2 2"),
        (
            &["%g %g %e", "0.0001", "1e100", "12345.678"],
            "0.0001 1e+100 1.234568e+04",
        ),
        (&["%010.2f|", "-3.14159"], "-000003.14|"),
        (&["%d %x", "'\u{e9}", "-1"], "233 ffffffffffffffff"),
        (&["%b|", "\\0101\\101\\1011"], "AAA1|"),
        (&["%b", "a\\cb"], "a"),
        (&["%(%Y-%m-%d %j)T", "951782400"], "2000-02-29 060"),
        (&["%*d|%-*d|%.*d", "5", "1", "5", "2", "3", "4"], "    1|2    |004"),
    ] {
        assert_eq!(run(args), (0, text.to_owned(), String::new()), "{args:?}");
    }
}

#[test]
fn complains_as_bash_does() {
    assert_eq!(run(&["%d", "1x"]), (1, "1".into(), "1x: invalid number\n".into()));
    assert_eq!(run(&["%d", "08"]), (1, "0".into(), "08: invalid octal number\n".into()));
    assert_eq!(
        run(&["a%y", "1"]),
        (1, "a".into(), "`y': invalid format character\n".into())
    );
    assert_eq!(
        run(&["%5"]),
        (1, String::new(), "`%5': missing format character\n".into())
    );
    let (status, text, complaint) = run(&["%d", "99999999999999999999"]);
    assert_eq!((status, text.as_str()), (0, "9223372036854775807"));
    assert_eq!(
        complaint,
        "warning: 99999999999999999999: Numerical result out of range\n"
    );
}

#[test]
fn refuses_fields_beyond_the_limit() {
    assert_eq!(run(&["%99999999d", "1"]).0, 1);
}
