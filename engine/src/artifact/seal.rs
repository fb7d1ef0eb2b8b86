//! The seal: a keyed hash (BLAKE3) of everything in an artifact. Who has the key can make artifacts; who has not can make
//! nothing that is run. The hash is taken in pieces, so that several processors can share the work.

use std::fmt;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;

/// Bytes of one piece.
pub(super) const PIECE: usize = 1 << 20;

/// Pieces from which on a second thread is worth starting.
const PIECES_PER_THREAD: usize = 4;

/// A secret that artifacts are sealed with. Whoever knows it can make native code that plugbay runs: keep it where only
/// the user who runs the plugins can read it.
#[derive(Clone)]
pub struct SealKey {
    key: [u8; 32],
    id: [u8; 16],
}

impl SealKey {
    /// The key of these bytes, which should be random.
    pub fn new(key: [u8; 32]) -> Self {
        let whole = blake3::derive_key("plugbay 2026-11 the number of a seal key", &key);
        let mut id = [0; 16];
        id.iter_mut().zip(whole).for_each(|(to, from)| *to = from);
        Self { key, id }
    }

    /// A number that tells keys apart and gives nothing of them away.
    pub(super) fn id(&self) -> [u8; 16] {
        self.id
    }

    /// The hash of one piece.
    pub(super) fn piece(&self, index: u64, bytes: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&[0]).update(&index.to_le_bytes()).update(bytes);
        *hasher.finalize().as_bytes()
    }

    /// The seal of an artifact with this header and pieces of these hashes.
    pub(super) fn seal(&self, header: &[u8], pieces: &[[u8; 32]]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(&[1]).update(&(header.len() as u64).to_le_bytes()).update(header);
        for piece in pieces {
            hasher.update(piece);
        }
        hasher.finalize()
    }
}

/// Not the key.
impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKey({})", blake3::Hash::from(padded(self.id)).to_hex().get(..8).unwrap_or_default())
    }
}

fn padded(id: [u8; 16]) -> [u8; 32] {
    let mut whole = [0; 32];
    whole.iter_mut().zip(id).for_each(|(to, from)| *to = from);
    whole
}

/// The hash of the bytes that something was compiled from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourceHash(pub(super) [u8; 32]);

impl SourceHash {
    /// The hash of a module or component in the binary format.
    pub fn of(source: &[u8]) -> Self {
        Self(*blake3::hash(source).as_bytes())
    }

    /// The hash as bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Does `work` for the numbers below `count`, on several threads if there is much to do; the results in order.
pub(super) fn pieces<E: Send>(
    count: usize,
    work: impl Fn(usize) -> Result<[u8; 32], E> + Sync,
) -> Result<Vec<[u8; 32]>, E> {
    let processors = || thread::available_parallelism().map_or(1, NonZero::get);
    let threads = if count < 2 * PIECES_PER_THREAD { 1 } else { processors().min(count / PIECES_PER_THREAD) };
    let results = Mutex::new(Vec::new());
    let next = Mutex::new(0..count);
    let run = || {
        loop {
            let claimed = next.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(index) = claimed else { break };
            let result = work(index);
            results.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // Fewer threads do the same work.
            let _ = thread::Builder::new().name("plugbay-seal".to_owned()).spawn_scoped(scope, run);
        }
        run();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_nothing_of_itself() {
        let key = SealKey::new([0xab; 32]);
        assert!(!format!("{key:?}").contains("abab"));
        assert_ne!(key.id(), SealKey::new([0xac; 32]).id());
    }

    #[test]
    fn the_seal_covers_header_pieces_and_their_order() {
        let key = SealKey::new([1; 32]);
        let (a, b) = (key.piece(0, b"a"), key.piece(1, b"b"));
        let seal = key.seal(b"header", &[a, b]);
        assert_eq!(seal, key.seal(b"header", &[a, b]));
        assert_ne!(seal, key.seal(b"header", &[b, a]));
        assert_ne!(seal, key.seal(b"headeR", &[a, b]));
        assert_ne!(seal, SealKey::new([2; 32]).seal(b"header", &[a, b]));
        assert_ne!(key.piece(0, b"a"), key.piece(1, b"a"));
    }

    #[test]
    fn pieces_keep_their_order() {
        let hashes = pieces(100, |index| Ok::<_, ()>([index as u8; 32])).unwrap();
        assert!(hashes.iter().enumerate().all(|(index, hash)| hash[0] == index as u8));
        assert_eq!(pieces(10, |index| if index == 7 { Err(index) } else { Ok([0; 32]) }), Err(7));
    }
}
