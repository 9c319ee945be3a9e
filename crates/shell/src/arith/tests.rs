//! Every expectation was printed by bash 5.2.

use std::{borrow::Cow, collections::HashMap};

use super::{ArithError, ArithVars, Element, eval};

/// Variables in a map; elements of arrays under `name[index]`.
#[derive(Default)]
struct Vars(HashMap<Vec<u8>, Vec<u8>>);

fn key(name: &[u8], element: Element<'_>) -> Vec<u8> {
    match element {
        Element::Scalar => name.to_vec(),
        Element::Index(index) => [name, b"[", index.to_string().as_bytes(), b"]"].concat(),
        Element::Key(text) => [name, b"{", text, b"}"].concat(),
    }
}

impl ArithVars for Vars {
    fn get(&mut self, name: &[u8], element: Element<'_>) -> Result<Option<Cow<'_, [u8]>>, ArithError> {
        Ok(self.0.get(&key(name, element)).map(|value| Cow::Borrowed(&value[..])))
    }

    fn set(&mut self, name: &[u8], element: Element<'_>, value: i64) -> Result<(), ArithError> {
        self.0.insert(key(name, element), value.to_string().into_bytes());
        Ok(())
    }

    fn is_assoc(&self, name: &[u8]) -> bool {
        name == b"assoc"
    }
}

fn run(text: &str) -> Result<i64, String> {
    let mut vars = Vars::default();
    for (name, value) in [
        ("x", "7"),
        ("y", "2"),
        ("q", "x+1"),
        ("r", "1 + "),
        ("rec", "rec"),
        ("bad", "1 2"),
        ("badx", "08"),
    ] {
        vars.0.insert(name.into(), value.into());
    }
    eval(text.as_bytes(), &mut vars).map_err(|error| error.to_string())
}

#[test]
fn values() {
    for (text, value) in [
        ("a=b=3", 3),
        ("++1", 1),
        ("", 0),
        ("0x", 0),
        ("- -5", 5),
        ("-2**2", 4),
        ("2**3**2", 512),
        ("1<<65", 2),
        ("9223372036854775807+1", i64::MIN),
        ("-9223372036854775808/-1", i64::MIN),
        ("-9223372036854775808%-1", 0),
        ("99999999999999999999", 7_766_279_631_452_241_919),
        ("36#Z", 35),
        ("64#@", 62),
        ("62#Zz", 3817),
        ("-7/2", -3),
        ("1?2:3?4:5", 2),
        ("1||1/0", 1),
        ("0&&1/0", 0),
        ("0?x=1:5", 5),
        ("x=5,x+1", 6),
        ("x+=2", 9),
        ("a=1?2:3", 2),
        ("1---1", 0),
        ("x---1", 6),
        ("x+++++y", 10),
        ("x<<=2", 28),
        ("010", 8),
        ("q", 8),
        ("2**64", 0),
        ("1 << -1", i64::MIN),
        ("a[2]=4,a[1+1]*2", 8),
        ("i=1,a[i++]+=5,i*10+a[1]", 25),
        ("assoc[k k]=3,assoc[k k]+1", 4),
        ("5 & 3 | 4 ^ 1", 5),
    ] {
        assert_eq!(run(text), Ok(value), "{text}");
    }
}

#[test]
fn messages() {
    for (text, message) in [
        ("1/0 ", "1/0 : division by 0 (error token is \"0 \")"),
        ("1 / 0 + 2 ", "1 / 0 + 2 : division by 0 (error token is \"0 + 2 \")"),
        (
            " 1=2",
            "1=2: attempted assignment to non-variable (error token is \"=2\")",
        ),
        ("1+", "1+: syntax error: operand expected (error token is \"+\")"),
        ("1+08+3", "1+08: value too great for base (error token is \"08\")"),
        ("65#1", "65#1: invalid arithmetic base (error token is \"65#1\")"),
        ("1 2", "1 2: syntax error in expression (error token is \"2\")"),
        ("1++", "1++: syntax error: operand expected (error token is \"+\")"),
        (
            "1?2",
            "1?2: `:' expected for conditional expression (error token is \"2\")",
        ),
        ("1?2:", "1?2:: expression expected (error token is \":\")"),
        ("2**-1", "2**-1: exponent less than 0 (error token is \"1\")"),
        ("a[1", "a[1: bad array subscript (error token is \"a[1\")"),
        (
            "1.5",
            "1.5: syntax error: invalid arithmetic operator (error token is \".5\")",
        ),
        ("3+$", "3+$: syntax error: operand expected (error token is \"$\")"),
        ("++x++", "++x++: ++: assignment requires lvalue (error token is \"++\")"),
        (
            "1 ? x=1 : x=2",
            "1 ? x=1 : x=2: attempted assignment to non-variable (error token is \"=2\")",
        ),
        ("0#1", "0#1: invalid number (error token is \"0#1\")"),
        ("10#", "10#: invalid integer constant (error token is \"10#\")"),
        ("x**=2", "x**=2: syntax error: operand expected (error token is \"=2\")"),
        ("r", "1 + : syntax error: operand expected (error token is \"+ \")"),
        (
            "rec",
            "rec: expression recursion level exceeded (error token is \"rec\")",
        ),
        ("badx+1", "08: value too great for base (error token is \"08\")"),
        ("(1", "(1: missing `)' (error token is \"1\")"),
    ] {
        assert_eq!(run(text), Err(message.to_owned()), "{text}");
    }
}

#[test]
fn long_and_deep_expressions_do_not_overflow_the_stack() {
    let long = "1+".repeat(200_000) + "1";
    assert_eq!(run(&long), Ok(200_001));
    let deep = "(".repeat(5_000) + "1" + &")".repeat(5_000);
    assert_eq!(run(&deep), Ok(1));
    assert!(run(&"(".repeat(1_000_000)).is_err());
    assert!(run(&("a[".repeat(3_000) + &"]".repeat(3_000))).is_err());
    assert_eq!(run(&("-".repeat(4_000) + " 1")), Ok(1));
}
