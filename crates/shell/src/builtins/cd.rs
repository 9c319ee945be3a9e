//! `cd`.

use vfs::{Errno, VPath};

use crate::shell::{Exec, Shell};
use crate::state::access::Elem;
use crate::state::options::{SetOpt, ShOpt};
use crate::state::value::Attrs;

use super::options::parse;

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let p = match parse(sh, args, b"LPe@") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let physical = p
        .options
        .iter()
        .rev()
        .find(|(l, _)| matches!(l, b'L' | b'P'))
        .map_or_else(|| sh.on(SetOpt::Physical), |(l, _)| *l == b'P');
    let mut show = false;
    let target = match &args[p.operands..] {
        [] => match sh.get_var(b"HOME") {
            Some(home) => home.into_owned(),
            None => {
                sh.builtin_error(b"cd", "HOME not set");
                return Ok(1);
            }
        },
        [dash] if dash == b"-" => match sh.get_var(b"OLDPWD") {
            Some(old) => {
                show = true;
                old.into_owned()
            }
            None => {
                sh.builtin_error(b"cd", "OLDPWD not set");
                return Ok(1);
            }
        },
        [dir] => dir.clone(),
        _ => {
            sh.builtin_error(b"cd", "too many arguments");
            return Ok(1);
        }
    };
    if target.is_empty() {
        return Ok(0);
    }
    // CDPATH applies to names that do not begin with `/`, `.` or `..`.
    let relative = !matches!(target.split(|b| *b == b'/').next(), Some(b"" | b"." | b".."));
    if relative && let Some(cdpath) = sh.get_var(b"CDPATH").map(std::borrow::Cow::into_owned) {
        for dir in cdpath.split(|b| *b == b':') {
            let candidate = if dir.is_empty() {
                target.clone()
            } else {
                [dir, b"/", &target].concat()
            };
            if go(sh, &candidate, physical).is_ok() {
                if !dir.is_empty() {
                    show = true;
                }
                return finish(sh, show);
            }
        }
    }
    match go(sh, &target, physical) {
        Ok(()) => finish(sh, show),
        Err(e) => {
            if sh.shopt(ShOpt::CdableVars)
                && let Some(value) = sh.get_var(&target).map(std::borrow::Cow::into_owned)
                && go(sh, &value, physical).is_ok()
            {
                return finish(sh, true);
            }
            let text = e.gnu_text().to_string();
            sh.builtin_error(b"cd", [&target[..], b": ", text.as_bytes()].concat());
            Ok(1)
        }
    }
}

fn finish(sh: &mut Shell, show: bool) -> Exec {
    if show {
        let line = [sh.cwd.as_bytes(), b"\n"].concat();
        return sh.put(b"cd", &line);
    }
    Ok(0)
}

/// Goes to a directory and keeps `PWD` and `OLDPWD`.
pub(super) fn go(sh: &mut Shell, target: &[u8], physical: bool) -> vfs::Result<()> {
    let mut path = sh.path(target)?;
    // Each prefix that `..` leaves must exist, or `cd nowhere/..` would work.
    if memchr::memmem::find(target, b"..").is_some() {
        check_prefixes(sh, target)?;
    }
    let stat = sh.fs.stat(&path)?;
    if !stat.is_dir() {
        return Err(vfs::VfsError::new(Errno::ENOTDIR));
    }
    if sh.uid != 0 && stat.mode.is_some_and(|m| m & 0o111 == 0) {
        return Err(vfs::VfsError::new(Errno::EACCES));
    }
    if physical {
        path = sh.fs.canonicalize(&path)?;
    }
    set_directory(sh, path);
    Ok(())
}

fn check_prefixes(sh: &Shell, target: &[u8]) -> vfs::Result<()> {
    let mut at = if target.starts_with(b"/") {
        VPath::root()
    } else {
        sh.cwd.clone()
    };
    for part in target.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                if !sh.fs.stat(&at)?.is_dir() {
                    return Err(vfs::VfsError::new(Errno::ENOTDIR));
                }
                at = at.parent().unwrap_or_else(VPath::root);
            }
            name => at = at.child(name)?,
        }
    }
    Ok(())
}

/// Makes `path` the working directory; `PWD` becomes `OLDPWD`.
pub(super) fn set_directory(sh: &mut Shell, path: VPath) {
    let old = sh
        .get_var(b"PWD")
        .map_or_else(|| sh.cwd.as_bytes().to_vec(), std::borrow::Cow::into_owned);
    for (name, value) in [(&b"OLDPWD"[..], old), (b"PWD", path.as_bytes().to_vec())] {
        // A read-only PWD stays as it is; the directory changes all the same.
        let _ = sh.assign(name, Elem::Whole, value, false);
        if let Some(v) = sh.vars.get_mut(name) {
            v.attrs.insert(Attrs::EXPORT);
        }
    }
    sh.vars.forget_environment();
    sh.cwd = path;
}
