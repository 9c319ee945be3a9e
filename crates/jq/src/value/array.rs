//! Arrays: a shared vector, copied on the first write while it is shared.

use super::{Value, teardown};
use std::sync::Arc;

/// A JSON array. Cloning shares the storage.
#[derive(Clone, Debug, Default)]
pub struct Array(Arc<Vec<Value>>);

impl Array {
    /// An empty array.
    pub fn new() -> Self {
        Self::default()
    }

    /// The elements, writable; copies them first if the storage is shared.
    #[inline]
    pub fn make_mut(&mut self) -> &mut Vec<Value> {
        Arc::make_mut(&mut self.0)
    }

    /// The elements as an owned vector, without a copy when nobody else holds this array.
    pub fn into_vec(mut self) -> Vec<Value> {
        match Arc::get_mut(&mut self.0) {
            Some(v) => std::mem::take(v),
            None => self.0.to_vec(),
        }
    }

    pub(crate) fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl From<Vec<Value>> for Array {
    fn from(v: Vec<Value>) -> Self {
        Self(Arc::new(v))
    }
}

impl std::ops::Deref for Array {
    type Target = [Value];
    #[inline]
    fn deref(&self) -> &[Value] {
        &self.0
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        if Arc::strong_count(&self.0) == 1
            && self.0.iter().any(|v| matches!(v, Value::Array(_) | Value::Object(_)))
            && let Some(v) = Arc::get_mut(&mut self.0)
        {
            teardown::drop_children(std::mem::take(v).into_iter());
        }
    }
}
