//! `source` and `.`.

use std::sync::Arc;

use crate::shell::{Exec, Flow, Shell};
use crate::state::options::{SetOpt, ShOpt};
use crate::trap::Event;

use super::options::{parse, usage_error};

pub(super) fn run(sh: &mut Shell, args: &[Vec<u8>]) -> Exec {
    let name = args[0].clone();
    let p = match parse(sh, args, b"") {
        Ok(p) => p,
        Err(status) => return Ok(status),
    };
    let Some(file) = args.get(p.operands) else {
        return Ok(usage_error(sh, &name, b"filename argument required"));
    };
    let Some(place) = find(sh, file) else {
        sh.error([&file[..], b": No such file or directory"].concat());
        return failed(sh);
    };
    let text = match read(sh, &place) {
        Ok(t) => t,
        Err(e) => {
            let text = if e.errno() == vfs::Errno::EISDIR {
                "is a directory"
            } else {
                e.gnu_text()
            };
            let line = [&file[..], b": ", text.as_bytes()].concat();
            if e.errno() == vfs::Errno::EISDIR {
                sh.builtin_error(&name, line);
            } else {
                sh.error(line);
            }
            return failed(sh);
        }
    };
    if memchr::memchr(0, &text[..text.len().min(80)]).is_some() {
        sh.builtin_error(&name, [&file[..], b": cannot execute binary file"].concat());
        return Ok(126);
    }
    let operands = &args[p.operands + 1..];
    let saved = (!operands.is_empty()).then(|| std::mem::replace(&mut sh.positional, Arc::new(operands.to_vec())));
    let hidden = sh.traps.hide(true, sh.on(SetOpt::Functrace));
    let loops = sh.loops;
    let result = sh.run_sourced(text, &place);
    sh.loops = loops;
    let result = match result {
        Err(Flow::Return(status)) => {
            sh.status = status;
            Ok(status)
        }
        r => r,
    };
    sh.traps.unhide(hidden);
    if result.is_ok() {
        sh.run_trap(Event::Return)?;
    }
    if let Some(saved) = saved {
        sh.positional = saved;
    }
    result
}

fn failed(sh: &Shell) -> Exec {
    if sh.on(SetOpt::Posix) {
        Err(Flow::Exit(1))
    } else {
        Ok(1)
    }
}

fn read(sh: &mut Shell, place: &[u8]) -> vfs::Result<bytes::Bytes> {
    let file = sh.open_file(place, vfs::OpenOptions::reading(), false)?;
    crate::io::Input::new(file, sh.cancel.clone()).read_all()
}

/// Names without a slash are looked for in `PATH`, then in the working directory.
fn find(sh: &mut Shell, file: &[u8]) -> Option<Vec<u8>> {
    if memchr::memchr(b'/', file).is_some() {
        return sh.test_stat(file, true).map(|_| file.to_vec());
    }
    if sh.shopt(ShOpt::Sourcepath)
        && let Some(path) = sh.get_var(b"PATH").map(std::borrow::Cow::into_owned)
    {
        for dir in path.split(|b| *b == b':') {
            let place = if dir.is_empty() {
                file.to_vec()
            } else {
                [dir, b"/", file].concat()
            };
            if sh.test_stat(&place, true).is_some_and(|s| s.is_file()) {
                return Some(place);
            }
        }
    }
    if sh.on(SetOpt::Posix) {
        return None;
    }
    sh.test_stat(file, true).map(|_| file.to_vec())
}
