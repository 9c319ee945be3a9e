//! Comparing names by the numbers in them (gnulib `filevercmp`, for `sort -V` and `ls -v`).

use std::cmp::Ordering;

/// Compares two names as versions: `a2` before `a10`, file suffixes last, names that begin with a dot first.
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |s: &[u8]| match s {
        b"" => 0,
        b"." => 1,
        b".." => 2,
        [b'.', ..] => 3,
        _ => 4,
    };
    let by_rank = rank(a).cmp(&rank(b));
    if by_rank.is_ne() || rank(a) < 3 {
        return by_rank;
    }
    let (pa, pb) = (prefix_len(a), prefix_len(b));
    let by_prefix = runs(&a[..pa], &b[..pb]);
    if by_prefix.is_ne() || (pa == a.len() && pb == b.len()) {
        return by_prefix;
    }
    runs(a, b)
}

/// Length without the file suffixes: `(\.[A-Za-z~][A-Za-z0-9~]*)*$`.
fn prefix_len(s: &[u8]) -> usize {
    let mut prefix = 0;
    let mut i = 0;
    while i < s.len() {
        i += 1;
        prefix = i;
        while i + 1 < s.len() && s[i] == b'.' && (s[i + 1].is_ascii_alphabetic() || s[i + 1] == b'~') {
            i += 2;
            while i < s.len() && (s[i].is_ascii_alphanumeric() || s[i] == b'~') {
                i += 1;
            }
        }
    }
    prefix
}

/// Where a byte outside of numbers sorts: `~` before the end, the end before digits, letters before the rest.
fn order(s: &[u8], at: usize) -> i32 {
    match s.get(at) {
        None => -1,
        Some(c) if c.is_ascii_digit() => 0,
        Some(c) if c.is_ascii_alphabetic() => i32::from(*c),
        Some(b'~') => -2,
        Some(c) => i32::from(*c) + 256,
    }
}

fn runs(a: &[u8], b: &[u8]) -> Ordering {
    let digit = |s: &[u8], at: usize| s.get(at).is_some_and(u8::is_ascii_digit);
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        while (i < a.len() && !digit(a, i)) || (j < b.len() && !digit(b, j)) {
            let by_char = order(a, i).cmp(&order(b, j));
            if by_char.is_ne() {
                return by_char;
            }
            i += 1;
            j += 1;
        }
        while a.get(i) == Some(&b'0') {
            i += 1;
        }
        while b.get(j) == Some(&b'0') {
            j += 1;
        }
        let mut first = Ordering::Equal;
        while digit(a, i) && digit(b, j) {
            first = first.then(a[i].cmp(&b[j]));
            i += 1;
            j += 1;
        }
        let by_length = digit(a, i).cmp(&digit(b, j));
        if by_length.then(first).is_ne() {
            return by_length.then(first);
        }
    }
    Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let sorted = ["", ".", "..", ".a", "a", "a.b", "a1.b", "a2", "a10", "a10~", "b"];
        for pair in sorted.windows(2) {
            let got = compare(pair[0].as_bytes(), pair[1].as_bytes());
            // `a10~` sorts before `a10`: the tilde is before the end.
            let want = if pair[1] == "a10~" {
                Ordering::Greater
            } else {
                Ordering::Less
            };
            assert_eq!(got, want, "{pair:?}");
        }
    }
}
