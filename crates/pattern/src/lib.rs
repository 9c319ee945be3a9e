//! POSIX regular expressions (basic and extended, leftmost-longest) and shell globs over bytes.
