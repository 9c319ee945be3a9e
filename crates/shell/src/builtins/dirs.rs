//! `dirs`, `pushd`, `popd`.

use std::sync::Arc;

use vfs::VPath;

use crate::shell::{Exec, Shell};

use super::options::usage_error;

/// The stack from the top: the working directory first.
fn stack(sh: &Shell) -> Vec<VPath> {
    std::iter::once(sh.cwd.clone())
        .chain(sh.dirs.iter().rev().cloned())
        .collect()
}

fn set_stack(sh: &mut Shell, rest: &[VPath]) {
    sh.dirs = Arc::new(rest.iter().rev().cloned().collect());
}

/// The position that `+N` or `-N` means in a stack of `total`.
fn position(arg: &[u8], total: usize) -> Option<Result<usize, ()>> {
    let (sign, digits) = match arg {
        [s @ (b'+' | b'-'), d @ ..] if !d.is_empty() && d.iter().all(u8::is_ascii_digit) => (*s, d),
        _ => return None,
    };
    let n: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
    if n >= total {
        return Some(Err(()));
    }
    Some(Ok(if sign == b'+' { n } else { total - 1 - n }))
}

fn show(sh: &mut Shell) -> Exec {
    let line = stack(sh)
        .iter()
        .map(|d| sh.tilde_form(d.as_bytes()))
        .collect::<Vec<_>>()
        .join(&b' ');
    let line = [&line[..], b"\n"].concat();
    sh.put(b"dirs", &line)
}

pub(super) fn dirs(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let (mut long, mut lines, mut numbers, mut clear) = (false, false, false, false);
    let mut picked = None;
    let all = stack(sh);
    for a in &args[1..] {
        if let Some(p) = position(a, all.len()) {
            match p {
                Ok(p) => picked = Some(p),
                Err(()) => {
                    let text = if all.len() == 1 {
                        b"directory stack empty".to_vec()
                    } else {
                        [&a[1..], b": directory stack index out of range"].concat()
                    };
                    sh.builtin_error(b"dirs", text);
                    return Ok(1);
                }
            }
            continue;
        }
        let Some(letters) = a.strip_prefix(b"-").filter(|l| !l.is_empty()) else {
            sh.builtin_error(b"dirs", [&a[..], b": invalid argument"].concat());
            return Ok(1);
        };
        for l in letters {
            match l {
                b'l' => long = true,
                b'p' => lines = true,
                b'v' => numbers = true,
                b'c' => clear = true,
                _ => {
                    let message = if l.is_ascii_digit() {
                        [&a[..], b": invalid number"].concat()
                    } else {
                        [&a[..], b": invalid option"].concat()
                    };
                    return Ok(usage_error(sh, b"dirs", &message));
                }
            }
        }
    }
    if clear {
        sh.dirs = Arc::default();
        return Ok(0);
    }
    let form = |sh: &Shell, d: &VPath| {
        if long {
            d.as_bytes().to_vec()
        } else {
            sh.tilde_form(d.as_bytes())
        }
    };
    let mut out = Vec::new();
    if let Some(p) = picked {
        if numbers {
            out.extend_from_slice(format!("{p:2}  ").as_bytes());
        }
        out.extend_from_slice(&form(sh, &all[p]));
    } else {
        for (i, d) in all.iter().enumerate() {
            if i > 0 {
                out.push(if lines || numbers { b'\n' } else { b' ' });
            }
            if numbers {
                out.extend_from_slice(format!("{i:2}  ").as_bytes());
            }
            out.extend_from_slice(&form(sh, d));
        }
    }
    out.push(b'\n');
    sh.put(b"dirs", &out)
}

pub(super) fn pushd(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let mut keep = false;
    let mut operand: Option<&Vec<u8>> = None;
    let all = stack(sh);
    let mut only_operands = false;
    for a in &args[1..] {
        if only_operands || position(a, all.len()).is_some() || !a.starts_with(b"-") || a == b"-" {
            if operand.is_some() {
                sh.builtin_error(b"pushd", "too many arguments");
                return Ok(1);
            }
            operand = Some(a);
        } else if a == b"-n" {
            keep = true;
        } else if a == b"--" {
            only_operands = true;
        } else {
            return Ok(usage_error(sh, b"pushd", &[&a[..], b": invalid number"].concat()));
        }
    }
    let Some(operand) = operand else {
        if all.len() < 2 {
            sh.builtin_error(b"pushd", "no other directory");
            return Ok(1);
        }
        let mut next = all.clone();
        next.swap(0, 1);
        return rotate_to(sh, next, keep, b"pushd");
    };
    match position(operand, all.len()) {
        Some(Ok(p)) => {
            let mut next = all;
            next.rotate_left(p);
            rotate_to(sh, next, keep, b"pushd")
        }
        Some(Err(())) => {
            let text = if all.len() == 1 {
                b"directory stack empty".to_vec()
            } else {
                [&operand[..], b": directory stack index out of range"].concat()
            };
            sh.builtin_error(b"pushd", text);
            Ok(1)
        }
        None if keep => match sh.path(operand) {
            Ok(p) => {
                Arc::make_mut(&mut sh.dirs).push(p);
                show(sh)
            }
            Err(_) => Ok(1),
        },
        None => {
            let old = sh.cwd.clone();
            if let Err(e) = super::cd::go(sh, operand, false) {
                let text = e.gnu_text().to_string();
                sh.builtin_error(b"pushd", [&operand[..], b": ", text.as_bytes()].concat());
                return Ok(1);
            }
            Arc::make_mut(&mut sh.dirs).push(old);
            show(sh)
        }
    }
}

fn rotate_to(sh: &mut Shell, next: Vec<VPath>, keep: bool, name: &[u8]) -> Exec {
    if !keep {
        let target = next[0].as_bytes().to_vec();
        if let Err(e) = super::cd::go(sh, &target, false) {
            let text = e.gnu_text().to_string();
            sh.builtin_error(name, [&target[..], b": ", text.as_bytes()].concat());
            return Ok(1);
        }
    }
    set_stack(sh, &next[1..]);
    show(sh)
}

pub(super) fn popd(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let mut keep = false;
    let mut at = 0;
    let mut all = stack(sh);
    for a in &args[1..] {
        match position(a, all.len()) {
            Some(Ok(p)) => at = p,
            Some(Err(())) => {
                let text = if all.len() == 1 {
                    b"directory stack empty".to_vec()
                } else {
                    [&a[..], b": directory stack index out of range"].concat()
                };
                sh.builtin_error(b"popd", text);
                return Ok(1);
            }
            None if a == b"-n" => keep = true,
            None if a == b"--" => {}
            None if a.starts_with(b"-") => {
                return Ok(usage_error(sh, b"popd", &[&a[..], b": invalid number"].concat()));
            }
            None => {
                return Ok(usage_error(sh, b"popd", &[&a[..], b": invalid argument"].concat()));
            }
        }
    }
    if all.len() < 2 {
        sh.builtin_error(b"popd", "directory stack empty");
        return Ok(1);
    }
    if at == 0 && keep {
        at = 1;
    }
    if at == 0 {
        let target = all[1].as_bytes().to_vec();
        if let Err(e) = super::cd::go(sh, &target, false) {
            let text = e.gnu_text().to_string();
            sh.builtin_error(b"popd", [&target[..], b": ", text.as_bytes()].concat());
            return Ok(1);
        }
        set_stack(sh, &all[2..]);
    } else {
        all.remove(at);
        set_stack(sh, &all[1..]);
    }
    show(sh)
}
