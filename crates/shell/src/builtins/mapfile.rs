//! `mapfile` and `readarray`.

use crate::shell::{Exec, Flow, Shell};
use crate::state::array::Indexed;
use crate::state::value::{Attrs, Value};
use crate::state::vars::is_name;

use super::options::{integer, parse};
use super::read::ByteReader;

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let name = args[0].clone();
    let p = match parse(sh, args, b"d:n:O:s:tu:C:c:") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let value = |l: u8| p.options.iter().rev().find(|(o, _)| *o == l).and_then(|(_, v)| *v);
    let mut numbers = [0u64, 0, 0, 5000];
    for (slot, (letter, what)) in [
        (b'n', "invalid line count"),
        (b'O', "invalid array origin"),
        (b's', "invalid line count"),
        (b'c', "invalid callback quantum"),
    ]
    .iter()
    .enumerate()
    {
        if let Some(v) = value(*letter) {
            match integer(v).and_then(|n| u64::try_from(n).ok()) {
                Some(n) => numbers[slot] = n,
                None => {
                    sh.builtin_error(&name, [v, b": ", what.as_bytes()].concat());
                    return Ok(1);
                }
            }
        }
    }
    let [count, origin, skip, quantum] = numbers;
    let array = args.get(p.operands).map_or(&b"MAPFILE"[..], |a| &a[..]);
    if !is_name(array) {
        sh.builtin_error(&name, [b"`", array, b"': not a valid identifier"].concat());
        return Ok(1);
    }
    let fd = match value(b'u') {
        None => 0,
        Some(u) => match integer(u).and_then(|n| u32::try_from(n).ok()) {
            Some(n) => n,
            None => {
                sh.builtin_error(&name, [u, b": invalid file descriptor specification"].concat());
                return Ok(1);
            }
        },
    };
    let Some(file) = sh.fd(fd).cloned() else {
        sh.builtin_error(&name, format!("{fd}: invalid file descriptor: Bad file descriptor"));
        return Ok(1);
    };
    let (real, _) = sh.deref_owned(array);
    if let Some(v) = sh.vars.get(&real) {
        if v.attrs.has(Attrs::READONLY) {
            sh.error([array, b": readonly variable"].concat());
            return Ok(1);
        }
        if v.is_assoc() {
            sh.builtin_error(&name, [array, b": not an indexed array"].concat());
            return Ok(1);
        }
    }
    let delimiter = value(b'd').map_or(b'\n', |d| d.first().copied().unwrap_or(0));
    let strip = p.has(b't');
    let callback = value(b'C').map(<[u8]>::to_vec);
    let keep_old = value(b'O').is_some();
    let scope = sh.vars.scope_of(&real).unwrap_or(0);
    if !keep_old && let Some(v) = sh.vars.entry_at(scope, &real) {
        v.value = Value::Indexed(Indexed::new());
        v.attrs.insert(Attrs::INDEXED);
    }
    let mut reader = ByteReader::new(file, sh.cancel.clone());
    let mut index = origin as i64;
    let mut seen = 0u64;
    let mut taken = 0u64;
    let mut weight = 0;
    loop {
        if count > 0 && taken >= count {
            break;
        }
        sh.tick()?;
        let mut line = Vec::new();
        let mut ended = false;
        loop {
            match reader.next() {
                Ok(Some(b)) => {
                    if b == delimiter {
                        ended = true;
                        if !strip && b != 0 {
                            line.push(b);
                        }
                        break;
                    }
                    if b != 0 {
                        line.push(b);
                    }
                }
                Ok(None) => break,
                Err(_) if sh.cancel.is_cancelled() => return Err(Flow::Stop),
                Err(e) => {
                    sh.builtin_error(&name, format!("read error: {fd}: {}", e.gnu_text()));
                    return Ok(1);
                }
            }
        }
        if !ended && line.is_empty() {
            break;
        }
        seen += 1;
        if seen <= skip {
            continue;
        }
        weight += line.len() + 64;
        sh.check_memory(weight)?;
        if let Some(callback) = &callback
            && quantum > 0
            && taken > 0
            && taken.is_multiple_of(quantum)
        {
            let command = [
                &callback[..],
                format!(" {index} ").as_bytes(),
                &crate::expand::quote::single(&line),
            ]
            .concat();
            let at = sh.line;
            sh.run_text(command.into(), at)?;
        }
        if let Some(v) = sh.vars.entry_at(scope, &real) {
            crate::state::access::make_indexed(v).set(index, line);
        }
        taken += 1;
        index = index.saturating_add(1);
        if !ended {
            break;
        }
    }
    Ok(0)
}
