//! The awk language: parser and interpreter over byte strings, with no I/O of its own.
