//! Commands for structured data.

pub mod jq;
