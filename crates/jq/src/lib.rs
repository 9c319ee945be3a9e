//! The jq language: JSON values, parser and interpreter.
