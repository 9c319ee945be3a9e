//! The behaviour suite that every backend passes, and fakes for tests.
