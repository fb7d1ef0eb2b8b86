//! Unsafe island 2: mapping memory, protecting it, signals.
