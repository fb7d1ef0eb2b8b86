//! Plans and values.
