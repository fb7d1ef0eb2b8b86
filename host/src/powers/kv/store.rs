//! The store of one plugin: every function is one transaction, and holds to the quota.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use redb::{Database, ReadableDatabase as _, ReadableTable as _, Table, TableDefinition};

use super::KvQuota;
use super::error::{Broken, Failure, Quota, Stopped};

pub(super) const DATA: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("data");
pub(super) const OWNER: TableDefinition<'static, (), &str> = TableDefinition::new("owner");

/// The most keys of one page.
const PAGE_KEYS: usize = 1_000;

/// The most steps of one transaction.
const MAX_STEPS: u32 = 1_000;

/// What a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) keys: u64,
    pub(super) bytes: u64,
}

/// The database of one plugin. One at a time writes; readers see what was committed.
pub(super) struct Store {
    id: Arc<str>,
    database: Database,
    /// What it holds, locked by whoever writes.
    held: Mutex<Held>,
    /// It failed in a way that it does not come back from.
    broken: AtomicBool,
}

/// A change under way.
pub(super) struct Change<'t> {
    table: Table<'t, &'static str, &'static [u8]>,
    held: Held,
    quota: KvQuota,
}

/// A step of a transaction.
#[derive(Debug)]
pub(super) enum Step<'a> {
    Check(&'a str, Option<&'a [u8]>),
    Set(&'a str, &'a [u8]),
    Delete(&'a str),
}

impl Held {
    pub(super) fn with(self, key: usize, value: usize) -> Self {
        let bytes = (key as u64).saturating_add(value as u64);
        Self { keys: self.keys.saturating_add(1), bytes: self.bytes.saturating_add(bytes) }
    }

    fn without(self, key: usize, value: usize) -> Self {
        let bytes = (key as u64).saturating_add(value as u64);
        Self { keys: self.keys.saturating_sub(1), bytes: self.bytes.saturating_sub(bytes) }
    }
}

impl Change<'_> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Stopped> {
        Ok(self.table.get(key)?.map(|value| value.value().to_vec()))
    }

    pub(super) fn set(&mut self, key: &str, value: &[u8]) -> Result<(), Stopped> {
        let size = value.len() as u64;
        if size > self.quota.value_bytes {
            return Err(Failure::QuotaExceeded(Quota::ValueBytes(self.quota.value_bytes)).into());
        }
        let old = self.table.get(key)?.map(|value| value.value().len());
        let held = old.map_or(self.held, |old| self.held.without(key.len(), old));
        let held = held.with(key.len(), value.len());
        if held.keys > self.quota.keys {
            return Err(Failure::QuotaExceeded(Quota::Keys(self.quota.keys)).into());
        }
        // A store that holds more than it may, because that was lowered, may still be made smaller.
        if held.bytes > self.quota.bytes && held.bytes > self.held.bytes {
            return Err(Failure::QuotaExceeded(Quota::Bytes(self.quota.bytes)).into());
        }
        self.table.insert(key, value)?;
        self.held = held;
        Ok(())
    }

    pub(super) fn delete(&mut self, key: &str) -> Result<bool, Stopped> {
        let old = self.table.remove(key)?.map(|value| value.value().len());
        self.held = old.map_or(self.held, |old| self.held.without(key.len(), old));
        Ok(old.is_some())
    }

    pub(super) fn swap(
        &mut self,
        key: &str,
        expected: Option<&[u8]>,
        new: Option<&[u8]>,
    ) -> Result<bool, Stopped> {
        if self.get(key)?.as_deref() != expected {
            return Ok(false);
        }
        match new {
            Some(new) => self.set(key, new)?,
            None => drop(self.delete(key)?),
        }
        Ok(true)
    }

    pub(super) fn increment(&mut self, key: &str, by: i64) -> Result<i64, Stopped> {
        let old = match self.get(key)? {
            None => 0,
            Some(bytes) => i64::from_le_bytes(bytes.try_into().map_err(|_| Failure::NotACounter)?),
        };
        let sum = old.checked_add(by).ok_or(Failure::NotACounter)?;
        self.set(key, &sum.to_le_bytes())?;
        Ok(sum)
    }

    pub(super) fn steps<'a>(&mut self, steps: impl Iterator<Item = Step<'a>>) -> Result<(), Stopped> {
        for (number, step) in (0_u32..).zip(steps) {
            if number >= MAX_STEPS {
                return Err(Failure::QuotaExceeded(Quota::Steps(MAX_STEPS)).into());
            }
            match step {
                Step::Check(key, expected) if self.get(key)?.as_deref() != expected => {
                    return Err(Failure::Conflict(number).into());
                }
                Step::Check(..) => {}
                Step::Set(key, value) => self.set(key, value)?,
                Step::Delete(key) => drop(self.delete(key)?),
            }
        }
        Ok(())
    }

    /// What the store will hold.
    pub(super) fn held(&self) -> Held {
        self.held
    }
}

impl Store {
    pub(super) fn new(id: Arc<str>, database: Database, held: Held) -> Self {
        Self { id, database, held: Mutex::new(held), broken: AtomicBool::new(false) }
    }

    pub(super) fn held(&self) -> Held {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        self.attempt(|| {
            let table = self.database.begin_read()?.open_table(DATA)?;
            Ok(table.get(key)?.map(|value| value.value().to_vec()))
        })
    }

    pub(super) fn exists(&self, key: &str) -> Result<bool, Failure> {
        self.attempt(|| Ok(self.database.begin_read()?.open_table(DATA)?.get(key)?.is_some()))
    }

    /// A page of keys, and whether there are more.
    pub(super) fn keys(&self, prefix: &str, after: Option<&str>) -> Result<(Vec<String>, bool), Failure> {
        self.attempt(|| {
            let table = self.database.begin_read()?.open_table(DATA)?;
            let (mut keys, mut more) = (Vec::new(), false);
            let start = after.map_or(prefix, |after| after.max(prefix));
            for entry in table.range(start..)? {
                let (key, _) = entry?;
                let key = key.value();
                if !key.starts_with(prefix) {
                    break;
                }
                if after.is_some_and(|after| key <= after) {
                    continue;
                }
                if keys.len() == PAGE_KEYS {
                    more = true;
                    break;
                }
                keys.push(key.to_owned());
            }
            Ok((keys, more))
        })
    }

    /// Makes a change: whole, and on disk when this returns; or not at all.
    pub(super) fn change<R>(
        &self,
        quota: KvQuota,
        change: impl FnOnce(&mut Change<'_>) -> Result<R, Stopped>,
    ) -> Result<R, Failure> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let (result, after) = self.attempt(|| {
            let writing = self.database.begin_write()?;
            let (result, after) = {
                let mut under_way = Change { table: writing.open_table(DATA)?, held: *held, quota };
                (change(&mut under_way)?, under_way.held)
            };
            writing.commit()?;
            Ok((result, after))
        })?;
        *held = after;
        Ok(result)
    }

    /// Runs something that uses the database. What goes wrong in there is not the plugin's business: the log is told, and
    /// after a panic the store is not touched again.
    fn attempt<R>(&self, attempt: impl FnOnce() -> Result<R, Stopped>) -> Result<R, Failure> {
        if self.broken.load(Ordering::Acquire) {
            return Err(Failure::Unavailable);
        }
        let outcome = catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|_| {
            self.broken.store(true, Ordering::Release);
            Err(Stopped::Broken(Broken("it contradicts itself".to_owned())))
        });
        outcome.map_err(|stopped| match stopped {
            Stopped::Failure(failure) => failure,
            Stopped::Broken(error) => {
                tracing::error!(plugin = &*self.id, %error, "the key-value store failed");
                Failure::Unavailable
            }
        })
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("id", &self.id).finish_non_exhaustive()
    }
}
