//! `declare -n`.

use crate::exec::DeclArg;
use crate::shell::Shell;
use crate::state::access::AssignError;
use crate::state::value::{Attrs, Value, Var};
use crate::state::vars::is_name;

use super::{Request, local_scope, reported, scope_for};

pub(super) fn declare_nameref(sh: &mut Shell, r: &Request, name: &[u8], arg: &DeclArg) -> Result<(), AssignError> {
    let scope = scope_for(sh, r, name);
    let value = match arg {
        DeclArg::Scalar { value, .. } | DeclArg::Text { value, .. } => Some(value.clone()),
        DeclArg::Array { .. } => {
            sh.builtin_error(&r.name, [name, b": reference variable cannot be an array"].concat());
            return Err(reported(sh));
        }
        DeclArg::Word(_) => None,
    };
    let old = sh.vars.get_at(scope, name);
    if old.is_some_and(|v| v.attrs.has(Attrs::READONLY)) {
        return Err(AssignError::Readonly(name.to_vec()));
    }
    if old.is_some_and(Var::is_array) {
        sh.builtin_error(&r.name, [name, b": reference variable cannot be an array"].concat());
        return Err(reported(sh));
    }
    let target = value.clone().or_else(|| old.and_then(|v| v.value.scalar().cloned()));
    if let Some(t) = &target {
        let base = memchr::memchr(b'[', t).map_or(&t[..], |i| &t[..i]);
        let local = local_scope(sh, r, name).is_some();
        if t[..] == *name || base == name && !local {
            if !local {
                sh.builtin_error(
                    &r.name,
                    [name, b": nameref variable self references not allowed"].concat(),
                );
                return Err(reported(sh));
            }
            sh.builtin_error(&r.name, [b"warning: ", name, b": circular name reference"].concat());
        }
        let undecided = t.is_empty() && value.is_none();
        if !is_name(base) && !undecided {
            sh.builtin_error(
                &r.name,
                [b"`", &t[..], b"': invalid variable name for name reference"].concat(),
            );
            return Err(reported(sh));
        }
    }
    let local = local_scope(sh, r, name).is_some();
    if let Some(v) = sh.vars.entry_at(scope, name) {
        if let Some(value) = value {
            v.value = Value::Scalar(value);
        }
        v.attrs.insert(r.on);
        v.attrs.remove(r.off);
        if local {
            v.attrs.insert(Attrs::LOCAL);
        }
    }
    Ok(())
}
