//! The sed language: parser and interpreter over byte strings, with no file access of its own.
