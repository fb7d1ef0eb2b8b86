//! Stores without plugins: against a model, damaged, in use, and killed while they are written.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use super::*;
use crate::grant::By;
use crate::grant::rule::Layer;

fn all() -> Power<KvRule> {
    Power::new([])
}

/// A folder of its own for each test; removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("plugbay-kv-{}-{test}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn stores(&self) -> Stores {
        Stores::new(KvConfig::directory(&self.0))
    }

    fn file(&self, id: &str) -> PathBuf {
        self.0.join(open::file_name(id))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn key(&mut self) -> String {
        let first = ["a", "a/b", "ä", "z"][usize::try_from(self.roll(4)).unwrap()];
        format!("{first}{}", "x".repeat(usize::try_from(self.roll(7)).unwrap()))
    }

    fn value(&mut self) -> Vec<u8> {
        let length = self.roll(40);
        vec![u8::try_from(length).unwrap(); usize::try_from(length).unwrap()]
    }
}

/// What a store should do.
#[derive(Clone, Default)]
struct Model(BTreeMap<String, Vec<u8>>);

const QUOTA: KvQuota = KvQuota { bytes: 300, keys: 12, key_bytes: 8, value_bytes: 30 };

impl Model {
    fn bytes(&self) -> u64 {
        self.0.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum()
    }

    fn set(&mut self, key: &str, value: &[u8]) -> Outcome<()> {
        if value.len() as u64 > QUOTA.value_bytes {
            return Err(Failure::QuotaExceeded(Quota::ValueBytes(QUOTA.value_bytes)));
        }
        let mut after = self.clone();
        after.0.insert(key.to_owned(), value.to_vec());
        if after.0.len() as u64 > QUOTA.keys {
            return Err(Failure::QuotaExceeded(Quota::Keys(QUOTA.keys)));
        }
        if after.bytes() > QUOTA.bytes && after.bytes() > self.bytes() {
            return Err(Failure::QuotaExceeded(Quota::Bytes(QUOTA.bytes)));
        }
        *self = after;
        Ok(())
    }

    fn swap(&mut self, key: &str, expected: Option<&[u8]>, new: Option<&[u8]>) -> Outcome<bool> {
        if self.0.get(key).map(Vec::as_slice) != expected {
            return Ok(false);
        }
        match new {
            Some(new) => self.set(key, new)?,
            None => drop(self.0.remove(key)),
        }
        Ok(true)
    }

    fn transact(&mut self, steps: &[Step<'_>]) -> Outcome<()> {
        let mut after = self.clone();
        for (number, step) in (0..).zip(steps) {
            match step {
                Step::Check(key, expected) if after.0.get(*key).map(Vec::as_slice) != *expected => {
                    return Err(Failure::Conflict(number));
                }
                Step::Check(..) => {}
                Step::Set(key, value) => after.set(key, value)?,
                Step::Delete(key) => drop(after.0.remove(*key)),
            }
        }
        *self = after;
        Ok(())
    }

    fn increment(&mut self, key: &str, by: i64) -> Outcome<i64> {
        let old = match self.0.get(key) {
            None => 0,
            Some(value) => i64::from_le_bytes(value.as_slice().try_into().map_err(|_| Failure::NotACounter)?),
        };
        let sum = old.checked_add(by).ok_or(Failure::NotACounter)?;
        self.set(key, &sum.to_le_bytes())?;
        Ok(sum)
    }
}

/// Does something at random to both, and compares what they say.
fn step(dice: &mut Dice, kv: &Cabinet, model: &mut Model) {
    let (key, other) = (dice.key(), dice.key());
    let (value, more) = (dice.value(), dice.value());
    let known = model.0.get(&key).cloned();
    let expected = if dice.roll(3) == 0 { Some(value.clone()) } else { known.clone() };
    match dice.roll(9) {
        0 | 1 => assert_eq!(kv.set(&key, &value), model.set(&key, &value)),
        2 => assert_eq!(kv.delete(&key), Ok(model.0.remove(&key).is_some())),
        3 => assert_eq!((kv.get(&key), kv.exists(&key)), (Ok(known.clone()), Ok(known.is_some()))),
        4 => {
            let new = (dice.roll(4) > 0).then_some(&*more);
            assert_eq!(kv.swap(&key, expected.as_deref(), new), model.swap(&key, expected.as_deref(), new));
        }
        5 => {
            let by = i64::try_from(dice.roll(9)).unwrap() - 4;
            assert_eq!(kv.increment(&key, by), model.increment(&key, by));
        }
        6 => {
            let prefix = &key[..key.floor_char_boundary(2)];
            let after = (dice.roll(2) == 0).then_some(other.as_str());
            let keys = model.0.keys().filter(|key| key.starts_with(prefix));
            let keys = keys.filter(|key| after.is_none_or(|after| key.as_str() > after)).cloned().collect();
            assert_eq!(kv.keys(prefix, after), Ok((keys, false)));
        }
        _ => {
            let steps = [
                Step::Set(&other, &more),
                Step::Check(&key, expected.as_deref()),
                Step::Delete(&other),
                Step::Set(&key, &value),
            ];
            let steps = &steps[..usize::try_from(dice.roll(5)).unwrap()];
            assert_eq!(kv.transact(steps), model.transact(steps));
        }
    }
    let held = kv.store.held();
    assert_eq!((held.keys, held.bytes), (model.0.len() as u64, model.bytes()));
}

#[test]
fn it_does_what_a_map_with_a_quota_does() {
    for seed in 1..=8 {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (seed << 7));
        let stores = Stores::new(KvConfig::in_memory().quota(QUOTA));
        let mut model = Model::default();
        for _ in 0..600 {
            // Opened anew each time: in memory, too, a plugin finds what its predecessor left.
            let kv = stores.open(&"p".into(), all()).unwrap();
            step(&mut dice, &kv, &mut model);
        }
    }
}

#[test]
fn a_file_has_what_was_committed_when_it_is_opened_again() {
    let folder = Folder::new("again");
    let (mut dice, mut model) = (Dice(7), Model::default());
    for _ in 0..6 {
        let stores = Stores::new(KvConfig::directory(&folder.0).quota(QUOTA));
        let kv = stores.open(&"acme:p".into(), all()).unwrap();
        assert_eq!(kv.keys("", None), Ok((model.0.keys().cloned().collect(), false)));
        for _ in 0..20 {
            step(&mut dice, &kv, &mut model);
        }
    }
    let mode = std::os::unix::fs::PermissionsExt::mode;
    assert_eq!(mode(&std::fs::metadata(&folder.0).unwrap().permissions()) & 0o777, 0o700);
    let file = std::fs::metadata(folder.file("acme:p")).unwrap();
    assert_eq!(mode(&file.permissions()) & 0o777, 0o600);
}

#[test]
fn plugins_have_stores_of_their_own() {
    let folder = Folder::new("own");
    for stores in [folder.stores(), Stores::new(KvConfig::in_memory())] {
        let (one, two) =
            (stores.open(&"a:b".into(), all()).unwrap(), stores.open(&"a_b".into(), all()).unwrap());
        one.set("k", b"mine").unwrap();
        assert_eq!((two.get("k"), two.keys("", None)), (Ok(None), Ok((vec![], false))));
        let again = stores.open(&"a:b".into(), all()).unwrap();
        assert_eq!(again.get("k"), Ok(Some(b"mine".to_vec())), "two instances share it");
    }
    std::fs::rename(folder.file("a:b"), folder.file("a_b")).unwrap();
    assert!(matches!(folder.stores().open(&"a_b".into(), all()), Err(KvError::Foreign { .. })));
}

#[test]
fn keys_come_in_pages() {
    let stores = Stores::new(KvConfig::in_memory());
    let kv = stores.open(&"p".into(), all()).unwrap();
    let names: Vec<_> = (0..2_500).map(|number| format!("k{number:04}")).collect();
    for names in names.chunks(500) {
        let steps: Vec<_> = names.iter().map(|name| Step::Set(name, b"")).collect();
        kv.transact(&steps).unwrap();
    }
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let (keys, more) = kv.keys("k", after.as_deref()).unwrap();
        after = keys.last().cloned();
        found.extend(keys);
        if !more {
            break;
        }
    }
    assert_eq!(found, names);
    let steps: Vec<_> = (0..1_001).map(|_| Step::Delete("k")).collect();
    assert_eq!(kv.transact(&steps), Err(Failure::QuotaExceeded(Quota::Steps(1_000))));
}

#[test]
fn a_rule_may_hold_a_plugin_to_less() {
    let stores = Stores::new(KvConfig::in_memory());
    let rules = vec![KvRule::new("big/*"), KvRule::new("*").bytes(10)];
    let power = Power::new([Layer { by: By::Grant, allow: Some(rules), deny: Vec::new() }]);
    let kv = stores.open(&"p".into(), power).unwrap();
    assert_eq!(kv.set("k", b"123456789"), Ok(()));
    assert_eq!(kv.set("l", b""), Err(Failure::QuotaExceeded(Quota::Bytes(10))));
    assert_eq!((kv.get("l"), kv.store.held().bytes), (Ok(None), 10), "undone");
    assert_eq!(kv.set("big/l", b"0123456789"), Ok(()));
    assert_eq!(kv.set("k", b"12345678"), Ok(()), "a store that is too large may be made smaller");
    assert_eq!(kv.delete("k"), Ok(true));
}

#[test]
fn what_is_no_store_is_an_error() {
    let folder = Folder::new("damaged");
    let id: Arc<str> = "p".into();
    let kv = folder.stores().open(&id, all()).unwrap();
    for number in 0..50 {
        kv.set(&format!("key {number}"), &[7; 300]).unwrap();
    }
    drop(kv);
    let whole = std::fs::read(folder.file("p")).unwrap();
    let mut dice = Dice(99);
    let (mut refused, mut opened) = (0, 0);
    for round in 0..60 {
        let mut bytes = whole.clone();
        match round {
            0 => bytes = b"# not a database".to_vec(),
            1 => bytes = vec![0; 1 << 16],
            2..=9 => bytes.truncate(usize::try_from(dice.roll(whole.len() as u64)).unwrap().max(1)),
            _ => {
                // Mostly where the pages are that something lies in.
                let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64;
                for _ in 0..=round {
                    let place = usize::try_from(dice.roll(used)).unwrap();
                    bytes[place] ^= u8::try_from(dice.roll(255)).unwrap() + 1;
                }
            }
        }
        std::fs::write(folder.file("p"), &bytes).unwrap();
        match folder.stores().open(&id, all()) {
            Ok(kv) => {
                // What opens was checked, or the damage is where nothing lies: it is used without a panic.
                let _ = (kv.keys("", None), kv.set("new", b"value"), kv.get("key 7"));
                opened += 1;
            }
            Err(KvError::Corrupt { .. }) => refused += 1,
            Err(other) => panic!("round {round}: {other}"),
        }
    }
    assert!(refused > 30, "{refused} refused, {opened} opened");
}

#[test]
fn what_is_no_regular_file_is_not_opened() {
    let folder = Folder::new("odd");
    std::fs::create_dir_all(&folder.0).unwrap();
    let elsewhere = folder.0.join("elsewhere");
    std::os::unix::fs::symlink(&elsewhere, folder.file("link")).unwrap();
    std::fs::create_dir(folder.file("folder")).unwrap();
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, folder.file("fifo"), fifo, rustix::fs::Mode::RUSR, 0).unwrap();
    for id in ["link", "folder", "fifo"] {
        let error = folder.stores().open(&id.into(), all()).unwrap_err();
        assert!(matches!(error, KvError::Io { .. }), "{error}");
    }
    assert!(!elsewhere.exists());
}

#[test]
fn a_file_that_is_open_elsewhere_is_an_error() {
    let folder = Folder::new("in-use");
    let (stores, others) = (folder.stores(), folder.stores());
    let kv = stores.open(&"p".into(), all()).unwrap();
    assert!(matches!(others.open(&"p".into(), all()), Err(KvError::InUse { .. })));
    drop(kv);
    others.open(&"p".into(), all()).unwrap();
}

const CHILD: &str = "PLUGBAY_KV_TEST_CHILD";

/// Writes as long as it lives: each number under two keys at once. Only of use to the test below, which starts it.
#[test]
fn child_that_writes() {
    let Ok(folder) = std::env::var(CHILD) else { return };
    let kv = Stores::new(KvConfig::directory(folder)).open(&"p".into(), all()).unwrap();
    for number in 0_u64.. {
        let value = number.to_le_bytes();
        let filler = vec![1; usize::try_from(number % 5_000).unwrap()];
        kv.transact(&[Step::Set("left", &value), Step::Set("filler", &filler), Step::Set("right", &value)])
            .unwrap();
        println!("committed {number}");
    }
}

#[test]
fn what_was_committed_survives_a_kill_and_nothing_is_half_done() {
    let folder = Folder::new("killed");
    for round in 0..4_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "powers::kv::tests::child_that_writes", "--nocapture", "--test-threads=1"])
            .env(CHILD, &folder.0)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut told = None;
        for line in lines.map_while(Result::ok) {
            let Some((_, number)) = line.split_once("committed ") else { continue };
            if told.is_none() {
                let error = folder.stores().open(&"p".into(), all()).unwrap_err();
                assert!(matches!(error, KvError::InUse { .. }), "{error}");
            }
            told = Some(number.parse::<u64>().unwrap());
            if told == Some(5 + 7 * round) {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        let kv = folder.stores().open(&"p".into(), all()).unwrap();
        let read = |key| kv.get(key).unwrap().map(|value| u64::from_le_bytes(value.try_into().unwrap()));
        let (left, right) = (read("left"), read("right"));
        assert!(left >= told && left == right, "{left:?} {right:?}, told of {told:?}");
        let filler = kv.get("filler").unwrap().unwrap().len() as u64;
        assert_eq!(filler, left.unwrap() % 5_000);
        assert_eq!(kv.store.held().keys, 3);
    }
}
