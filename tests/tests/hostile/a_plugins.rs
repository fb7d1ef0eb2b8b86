//! A: bytes that lie: the example plugins cut short and with bits turned over. Whatever comes of it is a value, never a panic,
//! and what is cut short is refused.

use plugbay_component::Component;
use plugbay_engine::{Config, Engine};

/// A small generator, so that every run tries the same bytes (Marsaglia, "Xorshift RNGs").
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (end as u64)).unwrap()
    }
}

fn smallest_plugin() -> Vec<u8> {
    let plugins = plugbay_tests::plugins();
    let bytes = plugins.iter().map(|(_, path)| std::fs::read(path).unwrap());
    bytes.min_by_key(Vec::len).expect("the example plugins are checked in")
}

#[test]
fn a02_a_plugin_cut_short_is_refused() {
    let engine = Engine::new(&Config::default()).unwrap();
    let bytes = smallest_plugin();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for length in (0..40).chain((0..60).map(|_| numbers.below(bytes.len()))) {
        // A component may end after any whole section; one that happens to do so is valid but has lost its exports.
        if let Ok(component) = Component::new(&engine, &bytes[..length]) {
            assert_eq!(component.exports().count(), 0, "{length} of {} bytes", bytes.len());
        }
    }
}

#[test]
fn a18_a_plugin_with_wrong_bytes_is_refused_or_is_another_plugin() {
    let engine = Engine::new(&Config::default()).unwrap();
    let bytes = smallest_plugin();
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let mut refused = 0;
    for _ in 0..40 {
        let mut wrong = bytes.clone();
        let at = numbers.below(wrong.len());
        wrong[at] ^= 1 << numbers.below(8);
        match Component::new(&engine, &wrong) {
            Ok(_) => {}
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "turning bits over was never noticed");
}
