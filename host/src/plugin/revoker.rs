//! Taking grants back while the plugin lives.

use std::sync::Arc;

use crate::error::Result;
use crate::grant::name::Pattern;
use crate::grant::watch::Watch;

/// Takes grants back from a linked plugin and all its instances, from any thread. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Revoker {
    pub(super) watch: Arc<Watch>,
}

impl Revoker {
    /// Takes back what `name` stands for: a package (`"wasi:filesystem"`), an interface or a function of the world, as in
    /// [`Grants::allow`](crate::Grants::allow). The next use of it ends the call that the plugin is in with
    /// [`ErrorKind::Denied`](crate::ErrorKind::Denied), and poisons the plugin; streams to files and standard streams that it holds are closed. A host
    /// function that is running is not interrupted. There is no way back: link the plugin again.
    ///
    /// Returns how many interfaces were taken back; 0 when the plugin had none of them.
    ///
    /// # Errors
    /// [`ErrorKind::Grant`](crate::ErrorKind::Grant) when `name` is no such name.
    pub fn revoke(&self, name: &str) -> Result<usize> {
        let pattern = Pattern::new(name);
        pattern.check()?;
        Ok(self.watch.revoke(&pattern))
    }
}
