//! `zip`, as Info-ZIP's.

mod add;
mod settings;

use std::io::Write;

use shell::command::{CommandError, CommandResult, Context, ExitStatus};
use vfs::resource::RenameMode;

use super::files::NewFile;
use super::zipfile::{Archive, Entry, Flaw, directory, local_header};
use crate::options::{Order, Spec, Suite};
use crate::tool::Tool;
use settings::{Mode, Settings};

const SPEC: Spec = Spec::new(
    "zip",
    "[-options] [-b path] [-t mmddyyyy] [-n suffixes] [zipfile list] [-xi list]",
    "Package and compress (archive) files.",
    &[],
)
.order(Order::Verbatim)
.suite(Suite::Other("compatible with Info-ZIP Zip 3.0"));

/// The command.
pub const COMMAND: Tool = Tool::new(SPEC, |cx, args| run(cx, args.operands));

/// Info-ZIP's way to fail: a message on standard output (or error, when the archive goes there) and a status per cause.
pub(super) struct Failure {
    status: u8,
    text: Vec<u8>,
}

fn failure(status: u8, text: impl AsRef<[u8]>) -> Failure {
    Failure {
        status,
        text: text.as_ref().to_vec(),
    }
}

/// Prints a line where zip prints its lines.
fn say(cx: &mut Context<'_>, s: &Settings, line: &[u8]) -> Result<(), CommandError> {
    if s.to_stdout {
        // A closed standard error is no reason to fail.
        let _ = cx.stderr.write_all(line);
        Ok(())
    } else {
        Ok(cx.stdout.write_all(line)?)
    }
}

fn run(cx: &mut Context<'_>, args: Vec<Vec<u8>>) -> CommandResult {
    let s = match Settings::read(cx, args)? {
        Ok(s) => s,
        Err(f) => {
            cx.stdout.write_all(&[b"\nzip error: ", &f.text[..], b"\n"].concat())?;
            return Ok(ExitStatus(f.status));
        }
    };
    match work(cx, &s)? {
        Ok(status) => Ok(ExitStatus(status)),
        Err(f) => {
            say(cx, &s, &[b"\nzip error: ", &f.text[..], b"\n"].concat())?;
            Ok(ExitStatus(f.status))
        }
    }
}

fn with_archive(text: &str, s: &Settings) -> Vec<u8> {
    [text.as_bytes(), b" (", &s.archive, b")"].concat()
}

fn work(cx: &mut Context<'_>, s: &Settings) -> Result<Result<u8, Failure>, CommandError> {
    let path = cx.path(&s.archive)?;
    let old = if s.to_stdout {
        None
    } else {
        match Archive::open(cx, &path) {
            Ok(archive) => Some(archive),
            Err(Flaw::Read(e)) if e.errno() == vfs::Errno::ENOENT => None,
            Err(Flaw::Read(e)) => return Err(e.into()),
            Err(_) => return Ok(Err(failure(3, with_archive("Zip file structure invalid", s)))),
        }
    };
    if s.test && s.names.is_empty() {
        return test(cx, s, old.as_ref());
    }
    let plan = match s.mode {
        Mode::Delete => add::deletions(cx, s, old.as_ref())?,
        _ => add::plan(cx, s, old.as_ref(), &path)?,
    };
    if plan.is_empty() {
        // To refresh what is fresh is no failure worth a message.
        if matches!(s.mode, Mode::Update | Mode::Freshen) && plan.matched {
            return Ok(Ok(12));
        }
        return Ok(Err(failure(12, with_archive("Nothing to do!", s))));
    }
    let mut out = Target::create(cx, s, &path)?;
    let mut entries: Vec<Entry> = Vec::new();
    // What stays keeps its place; what is replaced is written anew in the old one's place.
    let mut totals = (0, 0);
    for entry in old.iter().flat_map(|a| &a.entries) {
        cx.cancel.check()?;
        if plan.deletes(&entry.name) {
            say(cx, s, &quiet(s, &[b"deleting: ", &entry.name[..], b"\n"].concat()))?;
            continue;
        }
        if let Some(job) = plan.job(&entry.name) {
            match add::one(cx, s, job, "updating", &mut out, &mut totals)? {
                Ok(Some(entry)) => entries.push(entry),
                Ok(None) => {}
                Err(f) => return Ok(Err(f)),
            }
            continue;
        }
        if let Some(archive) = &old {
            entries.push(keep(cx, archive, entry, &mut out)?);
        }
    }
    for job in plan.new_jobs(old.as_ref()) {
        cx.cancel.check()?;
        match add::one(cx, s, job, "  adding", &mut out, &mut totals)? {
            Ok(Some(entry)) => entries.push(entry),
            Ok(None) => {}
            Err(f) => return Ok(Err(f)),
        }
    }
    let comment = old.as_ref().map(|a| a.comment.clone()).unwrap_or_default();
    if entries.len() > 0xffff || out.at > u64::from(u32::MAX) {
        return Ok(Err(failure(6, "Entry too big to split, read, or write")));
    }
    let tail = directory(&entries, out.at, &comment);
    out.put(&tail)?;
    out.finish(cx, &path)?;
    if entries.is_empty() {
        say(cx, s, b"\tzip warning: zip file empty\n")?;
    }
    if s.verbose {
        let (size, packed) = totals;
        let percent = super::zipfile::percent(size, packed);
        let line = format!("total bytes={size}, compressed={packed} -> {percent}% savings\n");
        say(cx, s, line.as_bytes())?;
    }
    if s.test {
        let made = Archive::open(cx, &path).ok();
        match test(cx, s, made.as_ref())? {
            Ok(0) => {}
            other => return Ok(other),
        }
    }
    if s.remove {
        add::remove_originals(cx, &plan)?;
    }
    Ok(Ok(if plan.unreadable { 18 } else { 0 }))
}

/// A line, unless zip is to be quiet.
fn quiet(s: &Settings, line: &[u8]) -> Vec<u8> {
    if s.quiet { Vec::new() } else { line.to_vec() }
}

/// Copies an entry of the old archive as it is.
fn keep(cx: &mut Context<'_>, archive: &Archive, entry: &Entry, out: &mut Target) -> Result<Entry, CommandError> {
    let mut kept = entry.clone();
    kept.offset = out.at;
    let mut reader = match archive.packed(cx, entry) {
        Ok(reader) => reader,
        Err(Flaw::Read(e)) => return Err(e.into()),
        Err(_) => return Err(CommandError::fail(3, "Zip file structure invalid")),
    };
    out.put(&local_header(&kept, &entry.extra))?;
    loop {
        cx.cancel.check()?;
        let chunk = reader.chunk()?;
        if chunk.is_empty() {
            return Ok(kept);
        }
        out.put(&chunk)?;
    }
}

fn test(cx: &mut Context<'_>, s: &Settings, archive: Option<&Archive>) -> Result<Result<u8, Failure>, CommandError> {
    let Some(archive) = archive else {
        return Ok(Err(failure(13, with_archive("Missing or empty zip file", s))));
    };
    for entry in &archive.entries {
        match super::zipfile::unpack(cx, archive, entry, |_| Ok(()))? {
            super::zipfile::Unpacked::Fine => {}
            _ => {
                return Ok(Err(failure(
                    8,
                    "Zip file invalid, could not spawn unzip, or wrong unzip (original files unmodified)",
                )));
            }
        }
    }
    say(cx, s, &quiet(s, &[b"test of ", &s.archive[..], b" OK\n"].concat()))?;
    Ok(Ok(0))
}

/// The new archive: beside the old one until it is complete, or standard output.
pub(super) struct Target {
    sink: Sink,
    pub(super) at: u64,
}

enum Sink {
    Stdout(shell::io::Output),
    File(NewFile, vfs::VPath),
}

impl Target {
    fn create(cx: &Context<'_>, s: &Settings, path: &vfs::VPath) -> Result<Self, CommandError> {
        let sink = if s.to_stdout {
            Sink::Stdout(cx.stdout.duplicate())
        } else {
            let parent = path.parent().unwrap_or_else(vfs::VPath::root);
            let now = vfs::Time::now();
            let temp = parent.child(format!("zi{:08x}{:08x}", now.seconds as u32, now.nanos))?;
            Sink::File(
                NewFile::create(cx, &temp, false).map_err(|e| e.with_operand(&s.archive))?,
                temp,
            )
        };
        Ok(Self { sink, at: 0 })
    }

    pub(super) fn put(&mut self, data: &[u8]) -> Result<(), CommandError> {
        match &mut self.sink {
            Sink::Stdout(out) => out.write_all(data)?,
            Sink::File(file, _) => file.write_all(data)?,
        }
        self.at += data.len() as u64;
        Ok(())
    }

    /// Puts the new archive in place of the old.
    fn finish(self, cx: &Context<'_>, path: &vfs::VPath) -> Result<(), CommandError> {
        match self.sink {
            Sink::Stdout(mut out) => Ok(out.flush_now()?),
            Sink::File(file, temp) => {
                let old = cx.fs.stat(path).ok();
                file.finish(None, None, cx.umask)?;
                if let Some(mode) = old.as_ref().and_then(|s| s.mode) {
                    let attr = vfs::SetAttr {
                        mode: Some(mode),
                        ..vfs::SetAttr::default()
                    };
                    // What the backend cannot keep is not worth failing for.
                    let _ = cx.fs.set_attr(&temp, attr, true);
                }
                Ok(cx.fs.rename(&temp, path, RenameMode::Replace)?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use resources::ram::Ram;
    use vfs::{Mode, VPath, Vfs};

    use crate::testing::Lab;

    fn p(s: &str) -> VPath {
        VPath::new(s).unwrap()
    }

    fn lab() -> Lab {
        let tree = Vfs::new();
        tree.mount(VPath::root(), Arc::new(Ram::new()), Mode::Exec).unwrap();
        Lab::on(tree)
    }

    #[test]
    fn what_goes_in_comes_out() {
        let lab = lab();
        let fs = lab.fs();
        fs.mkdir_all(&p("/d/e"), None).unwrap();
        fs.write_all(&p("/d/e/big"), vec![7; 300_000].into()).unwrap();
        fs.write_all(&p("/d/tiny"), "x".into()).unwrap();
        fs.symlink(b"tiny", &p("/d/l")).unwrap();
        assert_eq!(lab.run("zip", &["-rqy", "t.zip", "d"], b"").status, 0);
        let listing = lab.run("unzip", &["-Z1", "t"], b"").stdout;
        assert_eq!(listing, b"d/\nd/e/\nd/e/big\nd/l\nd/tiny\n");
        assert_eq!(lab.run("unzip", &["-q", "-d", "out", "t.zip"], b"").stderr, b"");
        assert!(fs.read_all(&p("/out/d/e/big")).unwrap() == vec![7; 300_000]);
        assert_eq!(fs.read_link(&p("/out/d/l")).unwrap(), "tiny");
        fs.write_all(&p("/d/tiny"), "changed".into()).unwrap();
        let again = lab.run("zip", &["t.zip", "d/tiny"], b"").stdout;
        assert_eq!(again, b"updating: d/tiny (stored 0%)\n");
        assert_eq!(lab.run("unzip", &["-p", "t.zip", "d/tiny"], b"").stdout, b"changed");
        assert_eq!(lab.run("zip", &["-qd", "t.zip", "d/?*"], b"").status, 0);
        assert_eq!(lab.run("unzip", &["-Z1", "t.zip"], b"").stdout, b"d/\n");
    }

    #[test]
    fn names_that_lead_out_are_cut() {
        let lab = lab();
        let fs = lab.fs();
        fs.mkdir(&p("/w"), None).unwrap();
        fs.write_all(&p("/evil"), "evil".into()).unwrap();
        let mut inside = lab.clone();
        inside.cwd = p("/w");
        assert_eq!(inside.run("zip", &["-q", "t.zip", "../evil"], b"").status, 0);
        fs.remove(&p("/evil")).unwrap();
        assert_eq!(inside.run("unzip", &["-q", "t.zip"], b"").status, 1);
        assert!(fs.stat(&p("/evil")).is_err());
        assert_eq!(fs.read_all(&p("/w/evil")).unwrap(), "evil");
    }
}
