use super::*;

fn show(format: &str, args: &[Value]) -> String {
    let mut out = Vec::new();
    append_printf(
        &mut out,
        format.as_bytes(),
        args,
        Context {
            convfmt: b"%.6g",
            utf8: true,
        },
    )
    .unwrap();
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn integers_follow_c() {
    let n = |value: f64| [Value::Num(value)];
    for (format, value, expected) in [
        ("%5d|", 42.0, "   42|"),
        ("%-5d|", 42.0, "42   |"),
        ("%05d", -42.0, "-0042"),
        ("%+.3d", 7.0, "+007"),
        ("%8.3d", 7.0, "     007"),
        ("%d", 1e19, "10000000000000000000"),
        ("%x", -1.0, "ffffffffffffffff"),
        ("%#010x", 255.0, "0x000000ff"),
        ("%x", 1e20, "1e+20"),
        ("%.0d|", 0.0, "|"),
        ("%5d", f64::INFINITY, "+inf"),
    ] {
        assert_eq!(show(format, &n(value)), expected, "{format}");
    }
}

#[test]
fn floats_follow_c() {
    let n = |value: f64| [Value::Num(value)];
    for (format, value, expected) in [
        ("%f", 0.5, "0.500000"),
        ("%.0f", 2.5, "2"),
        ("%e", 12345.678, "1.234568e+04"),
        ("%g", 1e-5, "1e-05"),
        ("%g", 100000.0, "100000"),
        ("%g", 1e6, "1e+06"),
        ("%#g", 1.0, "1.00000"),
        ("%G", 1e-10, "1E-10"),
        ("%a", 1.5, "0x1.8p+0"),
        ("%010.2f", -2.71, "-000002.71"),
        ("%.30f", 0.1, "0.100000000000000005551115123126"),
        ("%g", 0.0, "0"),
    ] {
        assert_eq!(show(format, &n(value)), expected, "{format}");
    }
}

#[test]
fn strings_and_characters_count_characters() {
    assert_eq!(
        show(
            "%7s|%-7s|%.2s",
            &[
                Value::text("né".as_bytes()),
                Value::text(b"x"),
                Value::text("éàü".as_bytes())
            ]
        ),
        "     né|x      |éà"
    );
    assert_eq!(
        show(
            "%c%c%c",
            &[Value::Num(65.0), Value::text("été".as_bytes()), Value::Num(256.0)]
        ),
        "AéĀ"
    );
    assert_eq!(show("%2$s %1$s", &[Value::text(b"a"), Value::text(b"b")]), "b a");
    assert_eq!(
        show(
            "%*d|%.*f",
            &[Value::Num(4.0), Value::Num(1.0), Value::Num(1.0), Value::Num(2.25)]
        ),
        "   1|2.2"
    );
    assert_eq!(show("%k %", &[]), "%k %");
}

#[test]
fn missing_arguments_and_absurd_widths_are_errors() {
    let context = Context {
        convfmt: b"%.6g",
        utf8: true,
    };
    assert_eq!(
        append_printf(&mut Vec::new(), b"%d %s", &[Value::Num(1.0)], context),
        Err(FormatError::NotEnough(5))
    );
    assert_eq!(
        append_printf(&mut Vec::new(), b"%999999999d", &[Value::Num(1.0)], context),
        Err(FormatError::TooWide)
    );
}
