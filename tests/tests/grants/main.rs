//! What a plugin cannot do without a grant: every function of every interface of WASI, called by a plugin that was granted
//! nothing, in both trap styles; and that not even a system call was made.
//!
//! The interfaces are read from WASI's own WIT, looked for in `$PLUGBAY_SUITES`, then in `../shared/suites` beside the
//! repository. Without it the tests say so and pass.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod caller;
mod jail;
mod matrix;
