//! The Unix commands, one file each, grouped by family.
