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

/// Users and groups, from `/etc/passwd` and `/etc/group` of the workspace where it has them.
#[derive(Debug, Default)]
pub struct Names {
    users: Vec<User>,
    groups: Vec<Group>,
}

#[derive(Debug)]
struct User {
    id: u32,
    name: String,
    group: u32,
}

#[derive(Debug)]
struct Group {
    id: u32,
    name: String,
    members: Vec<String>,
}

impl Names {
    /// Reads the tables.
    pub fn load(cx: &Context<'_>) -> Self {
        let number = |field: Option<&String>| field.and_then(|f| f.parse().ok());
        let mut users: Vec<User> = table(cx, b"/etc/passwd")
            .into_iter()
            .filter_map(|f| {
                Some(User {
                    id: number(f.get(2))?,
                    group: number(f.get(3)).unwrap_or(0),
                    name: f.into_iter().next()?,
                })
            })
            .collect();
        let mut groups: Vec<Group> = table(cx, b"/etc/group")
            .into_iter()
            .filter_map(|f| {
                let members = f.get(3).map_or("", String::as_str).split(',');
                Some(Group {
                    id: number(f.get(2))?,
                    members: members.filter(|m| !m.is_empty()).map(str::to_string).collect(),
                    name: f.into_iter().next()?,
                })
            })
            .collect();
        if !users.iter().any(|u| u.id == 0) {
            users.push(User {
                id: 0,
                name: "root".into(),
                group: 0,
            });
        }
        if !groups.iter().any(|g| g.id == 0) {
            groups.push(Group {
                id: 0,
                name: "root".into(),
                members: Vec::new(),
            });
        }
        Self { users, groups }
    }

    /// The name of a user, or `None`.
    pub fn user(&self, id: u32) -> Option<&str> {
        self.users.iter().find(|u| u.id == id).map(|u| u.name.as_str())
    }

    /// The name of a group, or `None`.
    pub fn group(&self, id: u32) -> Option<&str> {
        self.groups.iter().find(|g| g.id == id).map(|g| g.name.as_str())
    }

    /// The number of a user's name.
    pub fn user_id(&self, name: &[u8]) -> Option<u32> {
        self.users.iter().find(|u| u.name.as_bytes() == name).map(|u| u.id)
    }

    /// The number of a group's name.
    pub fn group_id(&self, name: &[u8]) -> Option<u32> {
        self.groups.iter().find(|g| g.name.as_bytes() == name).map(|g| g.id)
    }

    /// The group that a user belongs to first of all.
    pub fn primary(&self, user: u32) -> Option<u32> {
        self.users.iter().find(|u| u.id == user).map(|u| u.group)
    }

    /// The groups that name a user as a member.
    pub fn memberships<'s>(&'s self, user: &'s str) -> impl Iterator<Item = u32> + 's {
        let has = move |g: &&Group| g.members.iter().any(|m| m == user);
        self.groups.iter().filter(has).map(|g| g.id)
    }
}

/// The fields of a table's lines.
fn table(cx: &Context<'_>, path: &[u8]) -> Vec<Vec<String>> {
    let Ok(data) = VPath::new(path).and_then(|p| cx.fs.read_all(&p)) else {
        return Vec::new();
    };
    let fields = |line: &[u8]| {
        line.split(|b| *b == b':')
            .map(|f| String::from_utf8_lossy(f).into_owned())
            .collect()
    };
    data.split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(fields)
        .collect()
}
