//! The backends, one folder per family.
