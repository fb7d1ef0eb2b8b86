//! A test run again in a process of its own, in which the system kills whoever asks it for more than memory and threads.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus};

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// Tells the test in the new process which one it is.
const INSIDE: &str = "PLUGBAY_JAIL";

/// The signal of a system call that is not allowed.
const SIGSYS: i32 = 31;

/// System calls by which a thread gets memory, waits for others and ends: x86-64 and aarch64 have them under other numbers.
#[cfg(target_arch = "x86_64")]
mod calls {
    pub(super) const WRITE: i64 = 1;
    pub(super) const IOCTL: i64 = 16;
    /// mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn mremap madvise sched_yield getpid clone exit
    /// gettid futex sched_getaffinity exit_group tgkill set_robust_list sigaltstack prctl rseq clone3
    pub(super) const HARMLESS: [i64; 23] =
        [9, 10, 11, 12, 13, 14, 15, 25, 28, 24, 39, 56, 60, 186, 202, 204, 231, 234, 273, 131, 157, 334, 435];
}
#[cfg(target_arch = "aarch64")]
mod calls {
    pub(super) const WRITE: i64 = 64;
    pub(super) const IOCTL: i64 = 29;
    pub(super) const HARMLESS: [i64; 23] = [
        222, 226, 215, 214, 134, 135, 139, 216, 233, 124, 172, 220, 93, 178, 98, 123, 94, 131, 99, 132, 167,
        293, 435,
    ];
}

/// `PAGEMAP_SCAN`, by which the engine asks which pages of a dropped instance it has to clear.
const PAGEMAP_SCAN: u64 = 0xc060_6610;

/// Whether this is the new process, and which part of the test it is to do.
pub(crate) fn inside() -> Option<String> {
    std::env::var(INSIDE).ok()
}

/// Runs the test `name` again in a process of its own, to do `part` of it.
pub(crate) fn rerun(name: &str, part: &str) -> ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(INSIDE, part)
        .status()
        .unwrap()
}

/// From here on this thread, and those that it starts, can get memory, wait and end; they can write to standard error, so
/// that a failed assertion can be read. For anything else the system kills the process.
pub(crate) fn lock() {
    let write = when(0, 2);
    let scan = when(1, PAGEMAP_SCAN);
    let rules = calls::HARMLESS.into_iter().map(|call| (call, Vec::new()));
    let rules = rules.chain([(calls::WRITE, write), (calls::IOCTL, scan)]);
    let filter = SeccompFilter::new(
        rules.collect(),
        SeccompAction::KillProcess,
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into().unwrap(),
    )
    .unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
}

/// Only with this argument.
fn when(argument: u8, value: u64) -> Vec<SeccompRule> {
    let condition =
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value).unwrap();
    vec![SeccompRule::new(vec![condition]).unwrap()]
}

/// Whether a process was killed for a system call.
pub(crate) fn killed(status: ExitStatus) -> bool {
    status.signal() == Some(SIGSYS)
}
