//! What is shown of files where a backend does not know: default modes, sizes, owners.

use shell::command::Context;
use vfs::{FileKind, Stat, VPath};

/// Permission bits.
pub fn mode(stat: &Stat) -> u32 {
    stat.mode.unwrap_or(match stat.kind {
        FileKind::Dir => 0o755,
        FileKind::Symlink => 0o777,
        _ => 0o644,
    })
}

/// Size in bytes; a directory counts as one block.
pub fn size(stat: &Stat) -> u64 {
    match stat.kind {
        FileKind::Dir => stat.size.filter(|n| *n > 0).unwrap_or(4096),
        _ => stat.size.unwrap_or(0),
    }
}

/// Space used in units of 512 bytes: whole blocks of 4096.
pub fn blocks(stat: &Stat) -> u64 {
    stat.blocks.unwrap_or_else(|| match stat.kind {
        FileKind::Dir => 8,
        FileKind::File => size(stat).div_ceil(4096) * 8,
        _ => 0,
    })
}

/// `-rwxr-xr-x`.
pub fn letters(stat: &Stat) -> String {
    let kind = match stat.kind {
        FileKind::File => '-',
        FileKind::Dir => 'd',
        FileKind::Symlink => 'l',
        FileKind::CharDevice => 'c',
        FileKind::BlockDevice => 'b',
        FileKind::Fifo => 'p',
        FileKind::Socket => 's',
    };
    format!("{kind}{}", super::modes::letters(mode(stat)))
}

/// `regular file`, as `stat` and `find` have it.
pub fn kind_name(stat: &Stat) -> &'static str {
    match stat.kind {
        FileKind::File if size(stat) == 0 => "regular empty file",
        FileKind::File => "regular file",
        FileKind::Dir => "directory",
        FileKind::Symlink => "symbolic link",
        FileKind::CharDevice => "character special file",
        FileKind::BlockDevice => "block special file",
        FileKind::Fifo => "fifo",
        FileKind::Socket => "socket",
    }
}

/// A number for the mount that holds a path, as a device number.
pub fn device(cx: &Context<'_>, path: &VPath) -> u64 {
    let mounts = cx.fs.fs().vfs().mounts();
    let Some((mount, _)) = mounts.find(path) else { return 0 };
    let prefix = mount.prefix.clone();
    // The order of mount points is stable as long as nothing is mounted.
    let at = mounts.snapshot().iter().filter(|m| m.prefix < prefix).count();
    0x20 + at as u64
}

/// The prefix of the mount that holds a path.
pub fn mount_point(cx: &Context<'_>, path: &VPath) -> VPath {
    let found = cx.fs.fs().vfs().mounts().find(path);
    found.map_or_else(VPath::root, |(m, _)| m.prefix.clone())
}

/// Users and groups by number, from `/etc/passwd` and `/etc/group` of the workspace where it has them.
#[derive(Debug, Default)]
pub struct Names {
    users: Vec<(u32, String)>,
    groups: Vec<(u32, String)>,
}

impl Names {
    /// Reads the tables.
    pub fn load(cx: &Context<'_>) -> Self {
        let mut users = table(cx, b"/etc/passwd");
        let mut groups = table(cx, b"/etc/group");
        for list in [&mut users, &mut groups] {
            if !list.iter().any(|(id, _)| *id == 0) {
                list.push((0, "root".into()));
            }
        }
        Self { users, groups }
    }

    /// The name of a user, or `None`.
    pub fn user(&self, id: u32) -> Option<&str> {
        find(&self.users, id)
    }

    /// The name of a group, or `None`.
    pub fn group(&self, id: u32) -> Option<&str> {
        find(&self.groups, id)
    }

    /// The number of a user's name.
    pub fn user_id(&self, name: &[u8]) -> Option<u32> {
        self.users.iter().find(|(_, n)| n.as_bytes() == name).map(|(id, _)| *id)
    }

    /// The number of a group's name.
    pub fn group_id(&self, name: &[u8]) -> Option<u32> {
        self.groups
            .iter()
            .find(|(_, n)| n.as_bytes() == name)
            .map(|(id, _)| *id)
    }
}

fn find(list: &[(u32, String)], id: u32) -> Option<&str> {
    list.iter().find(|(n, _)| *n == id).map(|(_, name)| name.as_str())
}

fn table(cx: &Context<'_>, path: &[u8]) -> Vec<(u32, String)> {
    let Ok(data) = VPath::new(path).and_then(|p| cx.fs.read_all(&p)) else {
        return Vec::new();
    };
    data.split(|b| *b == b'\n')
        .filter_map(|line| {
            let mut fields = line.split(|b| *b == b':');
            let name = String::from_utf8_lossy(fields.next()?).into_owned();
            let id = std::str::from_utf8(fields.nth(1)?).ok()?.parse().ok()?;
            Some((id, name))
        })
        .collect()
}
