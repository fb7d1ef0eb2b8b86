//! Streams, polls and timers asked for more than there is.

use std::time::{Duration, Instant};

use plugbay::{ErrorKind, Limits, Stdio, TrapStyle};

use crate::support::STYLES;
use crate::system_guest::{grants, guest, limit, soon, trap};

/// What `check-write` permits at most.
const PERMIT: i64 = 64 << 10;

fn with_input(style: TrapStyle, input: &[u8]) -> plugbay::Plugin {
    guest(style, &grants().stdio(Stdio::capture().with_input(input)), Limits::default())
}

#[test]
fn d3_huge_writes_trap_and_nothing_is_made_room_for() {
    for style in STYLES {
        let call = |name: &str, len: u64| {
            let mut plugin = with_input(style, b"");
            plugin.call::<_, i64>("check", ()).unwrap();
            trap(plugin.call::<_, i64>(name, (len,)))
        };
        for name in ["zeroes", "zeroes-flush"] {
            for len in [1 << 32, u64::MAX, (64 << 10) + 1] {
                assert!(call(name, len).contains("bytes to a stream"), "{name} {len}");
            }
        }
        let mut plugin = with_input(style, b"");
        let beyond = plugin.call::<_, i64>("write", (u32::MAX,)).unwrap_err();
        assert!(matches!(beyond.kind(), ErrorKind::Trap { .. }), "{beyond}");
        let mut plugin = with_input(style, b"");
        assert!(trap(plugin.call::<_, i64>("write-flush", (4097_u32,))).contains("4096"));
    }
}

#[test]
fn d3_huge_reads_and_splices_move_what_there_is() {
    for style in STYLES {
        let input = vec![b'x'; 200_000];
        let mut plugin = with_input(style, &input);
        let mut call = |name: &str, len: u64| plugin.call::<_, i64>(name, (len,)).unwrap();
        assert_eq!(call("read", u64::MAX), PERMIT);
        assert_eq!(call("blocking-read", u64::MAX), PERMIT);
        assert_eq!(call("splice", 1000), 1000);
        assert_eq!(call("skip", 1000), 1000);
        assert_eq!(call("blocking-splice", u64::MAX), PERMIT);
        assert_eq!(call("splice", u64::MAX), 200_000 - 3 * PERMIT - 2000);
        assert_eq!(call("splice", u64::MAX), -2, "the input is at its end");
        assert_eq!(plugin.take_stdout().len() as i64, 200_000 - 2 * PERMIT - 1000);
    }
}

#[test]
fn d16_writes_need_a_permit_that_is_never_large() {
    for style in STYLES {
        let mut plugin = with_input(style, b"");
        assert!(trap(plugin.call::<_, i64>("write", (1_u32,))).contains("permitted"));
        let mut plugin = with_input(style, b"");
        assert_eq!(plugin.call::<_, i64>("check", ()).unwrap(), PERMIT);
        assert_eq!(plugin.call::<_, i64>("write", (60_000_u32,)).unwrap(), 0);
        assert!(trap(plugin.call::<_, i64>("zeroes", (6_000_u64,))).contains("permitted"));
    }
}

#[test]
fn d5_nothing_and_too_much_is_not_polled() {
    for style in STYLES {
        let poll = |times: u32| with_input(style, b"").call::<_, u32>("poll-one", (times,));
        assert!(trap(poll(0)).contains("empty list"));
        assert_eq!(poll(10_000).unwrap(), 10_000, "one pollable, many times");
        assert!(trap(poll(100_000)).contains("more than"));
        // Borrowing it a million times is more than may be lent.
        let error = poll(500_000).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { .. } | ErrorKind::Trap { .. }), "{error}");
    }
}

#[test]
fn d5_a_stream_outlives_what_was_subscribed_to_it() {
    for style in STYLES {
        for name in ["orphan-input", "orphan-output"] {
            let mut plugin = with_input(style, b"x");
            assert!(trap(plugin.call::<_, ()>(name, ())).contains("children"), "{name}");
        }
    }
}

#[test]
fn d6_a_million_timers_are_more_than_there_are() {
    for style in STYLES {
        let mut plugin = guest(style, &grants(), Limits::default());
        assert_eq!(limit(plugin.call::<_, ()>("hoard-timers", (1_000_000_u32,))), "timers");
        let mut plugin = guest(style, &grants().stdio(Stdio::capture()), Limits::default());
        assert_eq!(limit(plugin.call::<_, ()>("hoard-pollables", (1_000_000_u32,))), "pollables");
        let mut plugin = guest(style, &grants().stdio(Stdio::capture()), Limits::default().handles(1000));
        assert_eq!(limit(plugin.call::<_, ()>("hoard-streams", (1_000_000_u32,))), "handles");
    }
}

#[test]
fn d6_timers_in_the_past_are_ready_and_those_at_the_end_of_time_are_not() {
    for style in STYLES {
        let mut plugin = guest(style, &grants(), soon());
        for (name, when) in [("sleep-until", 0_u64), ("sleep", 0), ("sleep-until", 1), ("sleep", 1000)] {
            plugin.call::<_, ()>(name, (when,)).unwrap();
        }
        for name in ["sleep", "sleep-until"] {
            let mut plugin = guest(style, &grants(), soon());
            let error = plugin.call::<_, ()>(name, (u64::MAX,)).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
        }
    }
}

/// Standard input of this process becomes a pipe that nobody writes to.
#[test]
fn d7_reading_standard_input_that_is_never_ready_ends_at_the_deadline() {
    let (read, _write) = rustix::pipe::pipe().unwrap();
    rustix::stdio::dup2_stdin(&read).unwrap();
    for style in STYLES {
        let inherit = grants().stdio(Stdio::capture().stdin(plugbay::Input::Inherit));
        for name in ["blocking-read", "blocking-splice"] {
            let mut plugin = guest(style, &inherit, soon());
            assert_eq!(plugin.call::<_, i64>("read", (1_u64,)).unwrap(), 0, "nothing now");
            let start = Instant::now();
            let error = plugin.call::<_, i64>(name, (1_u64,)).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Deadline { .. }), "{error}");
            assert!(start.elapsed() < Duration::from_secs(5));
        }
        let mut plugin = guest(style, &inherit, Limits::default());
        let canceller = plugin.canceller();
        let cancel = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            canceller.cancel();
        });
        let error = plugin.call::<_, i64>("blocking-read", (1_u64,)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Cancelled { .. }), "{error}");
        cancel.join().unwrap();
    }
}
