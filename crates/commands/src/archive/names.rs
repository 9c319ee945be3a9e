//! Names out of archives, which may come from anybody.

/// What is taken off the front of a member's name so that it stays below the working directory: everything up to the last
/// `..`, and leading slashes. The length of that, as GNU tar reports it.
pub(super) fn unsafe_prefix(name: &[u8]) -> usize {
    let mut cut = 0;
    let mut at = 0;
    while at < name.len() {
        let end = name[at..]
            .iter()
            .position(|b| *b == b'/')
            .map_or(name.len(), |n| at + n);
        if &name[at..end] == b".." {
            cut = (end + 1).min(name.len());
        }
        at = end + 1;
    }
    cut + name[cut..].iter().take_while(|b| **b == b'/').count()
}

#[cfg(test)]
mod tests {
    use super::unsafe_prefix;

    #[test]
    fn nothing_leads_up_or_to_the_root() {
        for (name, safe) in [
            ("a/b", "a/b"),
            ("/etc/passwd", "etc/passwd"),
            ("../../x", "x"),
            ("a/../../b", "b"),
            ("a/..", ""),
            ("..x/y", "..x/y"),
            ("//a", "a"),
            ("../", ""),
        ] {
            assert_eq!(&name[unsafe_prefix(name.as_bytes())..], safe);
        }
    }
}
