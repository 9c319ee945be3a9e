//! The list of all backends, and what each needs to be made: drives the JavaScript constructors, their types and the tables
//! in the documentation.

mod config;

use std::sync::Arc;

use serde_json::Value;
use vfs::{Resource, VfsError};

pub use config::Config;

/// All backends of this build.
pub const ALL: &[&Descriptor] = &[
    #[cfg(feature = "ram")]
    &crate::ram::DESCRIPTOR,
    #[cfg(all(feature = "disk", unix))]
    &crate::disk::DESCRIPTOR,
];

/// A backend, as its users see it before there is one.
#[derive(Debug)]
pub struct Descriptor {
    /// The name in configurations and in [`Resource::kind`]: lower case.
    pub kind: &'static str,
    /// The name of the JavaScript class.
    pub class_name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What can be configured, in the order in which it is documented.
    pub fields: &'static [Field],
    /// Makes one from a configuration that [`Descriptor::create`] has checked.
    pub construct: fn(&Config<'_>) -> Result<Arc<dyn Resource>, VfsError>,
}

/// One thing to configure.
#[derive(Debug)]
pub struct Field {
    /// The key: camel case.
    pub name: &'static str,
    /// What values it takes.
    pub kind: FieldKind,
    /// Whether it must be given.
    pub required: bool,
    /// What holds when it is not given, in words, if that needs saying.
    pub default: Option<&'static str>,
    /// Whether it must never be shown, logged or stored in a snapshot.
    pub secret: bool,
    /// One sentence.
    pub doc: &'static str,
}

/// The type of a [`Field`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// A whole number, not negative.
    Count,
    /// Yes or no.
    Flag,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of texts.
    Texts,
}

impl FieldKind {
    /// The TypeScript type.
    pub fn typescript(self) -> String {
        match self {
            Self::Text => "string".into(),
            Self::Count => "number".into(),
            Self::Flag => "boolean".into(),
            Self::OneOf(texts) => texts.iter().map(|t| format!("'{t}'")).collect::<Vec<_>>().join(" | "),
            Self::Texts => "string[]".into(),
        }
    }

    fn takes(self, value: &Value) -> bool {
        match self {
            Self::Text => value.is_string(),
            // JavaScript has one type of number: 5 may arrive as 5.0.
            Self::Count => config::count(value).is_some(),
            Self::Flag => value.is_boolean(),
            Self::OneOf(texts) => value.as_str().is_some_and(|t| texts.contains(&t)),
            Self::Texts => value.as_array().is_some_and(|a| a.iter().all(Value::is_string)),
        }
    }
}

/// Why a backend could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No backend of this kind.
    #[error("unknown resource kind '{kind}' (known: {known})")]
    UnknownKind {
        /// What was asked for.
        kind: String,
        /// What there is.
        known: String,
    },
    /// Something else than an object.
    #[error("{class}: the configuration must be an object")]
    NotAnObject {
        /// The backend's class.
        class: &'static str,
    },
    /// A key that the backend does not have.
    #[error("{class}: unknown option '{name}' (known: {known})")]
    UnknownField {
        /// The backend's class.
        class: &'static str,
        /// The key.
        name: String,
        /// The keys it has.
        known: String,
    },
    /// A key that must be given.
    #[error("{class}: option '{name}' is required")]
    Missing {
        /// The backend's class.
        class: &'static str,
        /// The key.
        name: &'static str,
    },
    /// A value of the wrong type. The value is not repeated: it may be a secret.
    #[error("{class}: option '{name}' must be of type {want}")]
    WrongType {
        /// The backend's class.
        class: &'static str,
        /// The key.
        name: &'static str,
        /// The type, as TypeScript writes it.
        want: String,
    },
    /// The backend itself refused.
    #[error(transparent)]
    Refused(#[from] VfsError),
}

impl Descriptor {
    /// Makes a backend. `null` stands for an empty configuration, and a value of `null` for one that is not given.
    pub fn create(&self, config: &Value) -> Result<Arc<dyn Resource>, ConfigError> {
        let class = self.class_name;
        let empty = serde_json::Map::new();
        let map = match config {
            Value::Null => &empty,
            Value::Object(map) => map,
            _ => return Err(ConfigError::NotAnObject { class }),
        };
        if let Some(name) = map.keys().find(|k| !self.fields.iter().any(|f| f.name == *k)) {
            return Err(ConfigError::UnknownField {
                class,
                name: name.clone(),
                known: list(self.fields.iter().map(|f| f.name)),
            });
        }
        for field in self.fields {
            match map.get(field.name).filter(|v| !v.is_null()) {
                None if field.required => {
                    return Err(ConfigError::Missing {
                        class,
                        name: field.name,
                    });
                }
                Some(value) if !field.kind.takes(value) => {
                    return Err(ConfigError::WrongType {
                        class,
                        name: field.name,
                        want: field.kind.typescript(),
                    });
                }
                _ => {}
            }
        }
        Ok((self.construct)(&Config::new(map))?)
    }
}

/// The backend called `name`, by kind or by class.
pub fn find(name: &str) -> Option<&'static Descriptor> {
    ALL.iter().find(|d| d.kind == name || d.class_name == name).copied()
}

/// Makes a backend by its kind (or class) and configuration.
pub fn create(name: &str, config: &Value) -> Result<Arc<dyn Resource>, ConfigError> {
    match find(name) {
        Some(descriptor) => descriptor.create(config),
        None => Err(ConfigError::UnknownKind {
            kind: name.to_owned(),
            known: list(ALL.iter().map(|d| d.kind)),
        }),
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.collect();
    if names.is_empty() {
        "none".into()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(name: &str, config: Value) -> String {
        create(name, &config).map(drop).unwrap_err().to_string()
    }

    #[test]
    fn kinds_classes_and_fields_are_well_formed_and_unique() {
        for (i, d) in ALL.iter().enumerate() {
            assert!(
                ALL[..i]
                    .iter()
                    .all(|e| e.kind != d.kind && e.class_name != d.class_name),
                "{}",
                d.kind
            );
            assert!(d.summary.ends_with('.') && d.kind.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
            for (j, f) in d.fields.iter().enumerate() {
                assert!(d.fields[..j].iter().all(|g| g.name != f.name), "{}", f.name);
                assert!(
                    f.doc.ends_with('.') && !(f.required && f.default.is_some()),
                    "{}",
                    f.name
                );
            }
        }
    }

    #[test]
    fn a_backend_is_made_by_kind_or_class() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(
            create("ram", &json!({"maxBytes": 1e6, "maxFiles": null}))
                .unwrap()
                .kind(),
            "ram"
        );
        assert_eq!(create("RAMResource", &Value::Null).unwrap().kind(), "ram");
        assert_eq!(
            create("disk", &json!({"root": dir.path().to_str().unwrap()}))
                .unwrap()
                .kind(),
            "disk"
        );
    }

    #[test]
    fn a_wrong_configuration_is_named() {
        assert_eq!(
            message("nope", Value::Null),
            "unknown resource kind 'nope' (known: ram, disk)"
        );
        assert_eq!(message("disk", json!({})), "DiskResource: option 'root' is required");
        assert_eq!(
            message("disk", json!({"root": 5})),
            "DiskResource: option 'root' must be of type string"
        );
        assert_eq!(
            message("disk", json!({"rot": "/"})),
            "DiskResource: unknown option 'rot' (known: root)"
        );
        assert_eq!(
            message("ram", json!({"maxBytes": -1})),
            "RAMResource: option 'maxBytes' must be of type number"
        );
        assert_eq!(
            message("ram", json!([])),
            "RAMResource: the configuration must be an object"
        );
        assert!(message("disk", json!({"root": "/dev/null/x"})).starts_with("ENOTDIR"));
    }
}
