//! Which members are meant: operands, `--exclude`.

use pattern::glob::{GlobOptions, Pattern};
use shell::command::CommandError;

/// Patterns of names to leave out.
#[derive(Default)]
pub(super) struct Excludes(Vec<Pattern>);

fn compile(text: &[u8]) -> Result<Pattern, CommandError> {
    let options = GlobOptions {
        extglob: false,
        // Wildcards match slashes too, as they do for GNU tar's exclusions.
        pathname: false,
        ..GlobOptions::default()
    };
    Pattern::new(text, &options).map_err(|e| CommandError::fail(2, format!("{e}")))
}

impl Excludes {
    pub(super) fn add(&mut self, text: &[u8]) -> Result<(), CommandError> {
        let text = text.strip_suffix(b"/").unwrap_or(text);
        self.0.push(compile(text)?);
        Ok(())
    }

    /// Whether a name, or a directory above it, is left out: patterns match at the start or after any slash.
    pub(super) fn hit(&self, name: &[u8]) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let name = name.strip_suffix(b"/").unwrap_or(name);
        let starts = std::iter::once(0).chain(name.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(i, _)| i + 1));
        let ends: Vec<usize> = name
            .iter()
            .enumerate()
            .filter(|(_, b)| **b == b'/')
            .map(|(i, _)| i)
            .chain(std::iter::once(name.len()))
            .collect();
        starts
            .flat_map(|start| {
                ends.iter()
                    .filter(move |end| **end > start)
                    .map(move |end| &name[start..*end])
            })
            .any(|part| self.0.iter().any(|p| p.matches(part)))
    }
}

/// The members that are asked for; all, if none is.
pub(super) struct Wanted {
    names: Vec<(Vec<u8>, Option<Pattern>, bool)>,
}

impl Wanted {
    /// With `wildcards`, names are patterns.
    pub(super) fn new(names: Vec<Vec<u8>>, wildcards: bool) -> Result<Self, CommandError> {
        let names = names
            .into_iter()
            .map(|name| {
                let pattern = if wildcards { Some(compile(&name)?) } else { None };
                Ok((name, pattern, false))
            })
            .collect::<Result<_, CommandError>>()?;
        Ok(Self { names })
    }

    /// Whether a member is meant: by its name, or as part of a directory.
    pub(super) fn hit(&mut self, member: &[u8]) -> bool {
        if self.names.is_empty() {
            return true;
        }
        let bare = |n: &[u8]| -> usize { n.len() - n.iter().rev().take_while(|b| **b == b'/').count() };
        let member = &member[..bare(member)];
        let mut any = false;
        for (name, pattern, used) in &mut self.names {
            let name = &name[..bare(name)];
            let same = match pattern {
                Some(p) => {
                    p.matches(member)
                        || member
                            .iter()
                            .enumerate()
                            .any(|(i, b)| *b == b'/' && p.matches(&member[..i]))
                }
                None => member == name || (member.starts_with(name) && member.get(name.len()) == Some(&b'/')),
            };
            if same {
                *used = true;
                any = true;
            }
        }
        any
    }

    /// Names that no member had.
    pub(super) fn unused(&self) -> impl Iterator<Item = &[u8]> {
        self.names
            .iter()
            .filter(|(_, _, used)| !used)
            .map(|(name, ..)| &name[..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclusions_hit_at_any_level_and_all_below() {
        let mut excludes = Excludes::default();
        excludes.add(b"*.log").unwrap();
        excludes.add(b"node_modules/").unwrap();
        excludes.add(b"a/b").unwrap();
        for (name, hit) in [
            ("x.log", true),
            ("d/x.log", true),
            ("d/x.log/y", true),
            ("p/node_modules/q", true),
            ("node_modules2", false),
            ("z/a/b/c", true),
            ("a", false),
        ] {
            assert_eq!(excludes.hit(name.as_bytes()), hit, "{name}");
        }
    }
}
