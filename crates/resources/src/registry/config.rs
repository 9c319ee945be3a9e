//! [`Config`]: a checked configuration.

use serde_json::{Map, Value};

/// The values of a configuration, all of the types that their fields say.
#[derive(Debug, Clone, Copy)]
pub struct Config<'a>(&'a Map<String, Value>);

impl<'a> Config<'a> {
    pub(super) fn new(map: &'a Map<String, Value>) -> Self {
        Self(map)
    }

    /// The text `name`, if given.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str()
    }

    /// The number `name`, if given.
    pub fn count(&self, name: &str) -> Option<u64> {
        count(self.0.get(name)?)
    }

    /// The flag `name`; off if not given.
    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The texts `name`; none if not given.
    pub fn texts(&self, name: &str) -> Vec<&'a str> {
        match self.0.get(name).and_then(Value::as_array) {
            Some(list) => list.iter().filter_map(Value::as_str).collect(),
            None => Vec::new(),
        }
    }
}

/// A whole number that is not negative, also when it comes as a float, up to where floats are exact.
pub(super) fn count(value: &Value) -> Option<u64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_u64().or_else(|| {
        let n = value.as_f64()?;
        ((0.0..=EXACT).contains(&n) && n.fract() == 0.0).then_some(n as u64)
    })
}
