//! Attributes: in the backend where it keeps them, else in the namespace.

use crate::error::Result;
use crate::fs::Fs;
use crate::fs::read::absent;
use crate::fs::walk::{Target, Walk, follow};
use crate::mode::Op;
use crate::path::VPath;
use crate::resource::SetAttr;

impl Fs {
    /// Changes attributes of what `path` leads to, or of the link itself with `follow` off.
    pub async fn set_attr(&self, path: &VPath, attr: SetAttr, follow: bool) -> Result<()> {
        let name = if attr.mode.is_some() {
            "chmod"
        } else if attr.uid.is_some() || attr.gid.is_some() {
            "chown"
        } else {
            "utime"
        };
        if follow {
            let (_, t) = self.resolve(Op::Write, name, path).await?;
            return self
                .set_attr_target(&t, attr)
                .await
                .map_err(|e| e.with_operand(path.as_bytes()).op(name));
        }
        let mut walk = Walk::new(self, Op::Write, name, path, false);
        follow!(walk, t => self.set_attr_target(&t, attr).await);
        Ok(())
    }

    pub(crate) async fn set_attr_target(&self, t: &Target, attr: SetAttr) -> Result<()> {
        let namespace = &self.vfs.namespace;
        if t.link.is_some() {
            namespace.set_attr(&t.path, attr);
            return Ok(());
        }
        if t.mount.caps.attributes {
            let change = t.mount.resource.set_attr(&t.below, attr);
            let done = t.doing(&self.vfs, "setattr", 0, change).await;
            t.changed(&self.vfs);
            match done {
                Err(e) if absent(&e) && self.implied(t).is_some() => {}
                done => return done,
            }
        } else {
            self.probe(t).await?;
        }
        namespace.set_attr(&t.path, attr);
        Ok(())
    }
}
