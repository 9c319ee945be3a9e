//! The sed language: parser and executor over byte strings, with no I/O of its own.
