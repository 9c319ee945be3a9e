//! Commands for structured data.

pub mod bc;
pub mod jq;
