//! The traps of the originals: each a test that fails on what they do.
