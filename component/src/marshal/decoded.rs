//! Text of guests that do not write UTF-8, decoded for as long as a call borrows it: an arena that only grows. A string is
//! decoded once, however often it is looked at.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;

use crate::error::{Error, Result};

/// Blocks of the arena; block `n` has room for 2^n strings.
const BLOCKS: usize = 32;

type Block = OnceCell<Box<[OnceCell<Box<str>>]>>;

/// The decoded text of one call. Guests that write UTF-8 never put anything into it.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// Bytes that may still be decoded.
    left: Cell<u64>,
    limit: u64,
    texts: OnceCell<Box<Texts>>,
}

#[derive(Debug)]
struct Texts {
    blocks: [Block; BLOCKS],
    /// Where the text is that starts at an address and has a length, as the guest gave them.
    places: RefCell<HashMap<(u32, u32), usize>>,
}

impl Decoded {
    /// An empty arena for at most `limit` bytes.
    #[must_use]
    pub(crate) const fn new(limit: u64) -> Self {
        Self { left: Cell::new(limit), limit, texts: OnceCell::new() }
    }

    /// The text that the guest has at `place`, decoded by `decode` if it was not yet.
    ///
    /// # Errors
    /// Those of `decode`; a limit error when the call's budget is spent.
    pub(crate) fn text(&self, place: (u32, u32), decode: impl FnOnce() -> Result<String>) -> Result<&str> {
        let texts = self.texts.get_or_init(|| {
            Box::new(Texts { blocks: [const { OnceCell::new() }; BLOCKS], places: RefCell::default() })
        });
        let known = texts.places.borrow().get(&place).copied();
        if let Some(text) = known.and_then(|index| texts.cell(index)?.get()) {
            return Ok(text);
        }
        let text = decode()?;
        let bytes = text.len() as u64;
        let left = self.left.get().checked_sub(bytes);
        let asked = || (self.limit - self.left.get()).saturating_add(bytes);
        self.left.set(left.ok_or_else(|| Error::limit("value_bytes", asked(), self.limit))?);
        let mut places = texts.places.borrow_mut();
        let index = places.len();
        let cell =
            texts.cell(index).ok_or_else(|| Error::internal("more texts than an arena has room for"))?;
        places.insert(place, index);
        Ok(cell.get_or_init(|| text.into_boxed_str()))
    }
}

impl Texts {
    fn cell(&self, index: usize) -> Option<&OnceCell<Box<str>>> {
        let number = index.checked_add(1)?;
        let block = number.ilog2();
        let start = 1usize.checked_shl(block)?;
        let cells = self.blocks.get(block as usize)?;
        cells.get_or_init(|| (0..start).map(|_| OnceCell::new()).collect()).get(number - start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stay_where_they_are() {
        let decoded = Decoded::new(1 << 20);
        let texts: Vec<&str> =
            (0..1000).map(|n| decoded.text((n, 1), || Ok(n.to_string())).unwrap()).collect();
        assert!(texts.iter().enumerate().all(|(n, text)| *text == n.to_string()));
        let again = decoded.text((7, 1), || Err(Error::internal("decoded twice"))).unwrap();
        assert!(std::ptr::eq(again, texts[7]));
    }

    #[test]
    fn the_budget_holds() {
        let decoded = Decoded::new(10);
        decoded.text((0, 6), || Ok("sixsix".to_owned())).unwrap();
        let error = decoded.text((6, 6), || Ok("sixsix".to_owned())).unwrap_err();
        assert!(error.to_string().contains("value_bytes"), "{error}");
        decoded.text((6, 4), || Ok("four".to_owned())).unwrap();
    }
}
