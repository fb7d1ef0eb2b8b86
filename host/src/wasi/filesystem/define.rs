//! The functions of `wasi:filesystem` for a linker: what belongs to which name. What they do is in the files beside.

use std::sync::atomic::Ordering;

use plugbay_component::{Borrow, LinkerInstance, Resource, Result};

use super::ErrorCode;
use super::descriptor::{Descriptor, DirHandle};
use super::directory::EntryStream;
use super::refusal::Refusal;
use super::types::{Advice, DescriptorFlags, NewTimestamp, OpenFlags, PathFlags};
use crate::audit::Verdict;
use crate::state::PluginState;
use crate::usage::Meter;
use crate::wasi::io::{InputStream, IoError, OutputStream};
use crate::wasi::{Cx, Wasi, refused};

type Instance<'a, T> = LinkerInstance<'a, PluginState<T>>;
type This = Borrow<Descriptor>;
/// What a function of the interface returns: the outer result ends the call, the inner one is the guest's.
type Outcome<R> = Result<Result<R, ErrorCode>>;

impl Wasi {
    fn descriptor<R>(&self, this: This, f: impl FnOnce(&Descriptor) -> Result<R, ErrorCode>) -> Outcome<R> {
        Ok(f(self.table.get(this).map_err(refused)?))
    }

    /// What `f` does with a directory; what is hidden from it is told to the audit as `operation`.
    fn directory<R>(
        &mut self,
        operation: &str,
        this: This,
        f: impl FnOnce(&DirHandle, &Meter) -> Result<R, Refusal>,
    ) -> Outcome<R> {
        let this = self.table.get(this).map_err(refused)?;
        let this = this.directory().inspect(|this| this.root.used.store(true, Ordering::Relaxed));
        let result = this.map_err(Refusal::from).and_then(|this| f(this, &self.meter));
        Ok(self.told(operation, result))
    }

    fn two_directories<R>(
        &mut self,
        operation: &str,
        this: This,
        other: This,
        f: impl FnOnce(&DirHandle, &DirHandle, &Meter) -> Result<R, Refusal>,
    ) -> Outcome<R> {
        let (this, other) = (self.table.get(this).map_err(refused)?, self.table.get(other).map_err(refused)?);
        let both = this.directory().and_then(|this| Ok((this, other.directory()?)));
        if let Ok((this, other)) = &both {
            this.root.used.store(true, Ordering::Relaxed);
            other.root.used.store(true, Ordering::Relaxed);
        }
        let result = both.map_err(Refusal::from).and_then(|(this, other)| f(this, other, &self.meter));
        Ok(self.told(operation, result))
    }

    fn told<R>(&mut self, operation: &str, result: Result<R, Refusal>) -> Result<R, ErrorCode> {
        result.map_err(|refusal| {
            if let Refusal::Hidden { path, rule, .. } = &refusal {
                let rule = format!("hidden by {rule}");
                self.note("wasi:filesystem/types", operation, path, Verdict::Denied, &rule);
            }
            refusal.code()
        })
    }

    /// Puts what was made into the table, if it was.
    fn made<R: Send + 'static>(&mut self, made: Result<R, ErrorCode>) -> Outcome<Resource<R>> {
        match made {
            Ok(made) => self.table.push(made).map(Ok).map_err(refused),
            Err(code) => Ok(Err(code)),
        }
    }
}

pub(in crate::wasi) fn define_preopens<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("get-directories", |cx: &mut Cx<'_, T>, (): ()| {
        let wasi = &mut cx.data_mut().wasi;
        let mut directories = Vec::new();
        for preopen in &wasi.authority.preopens {
            let handle = DirHandle::preopened(preopen);
            let descriptor = wasi.table.push(Descriptor::Directory(handle)).map_err(refused)?;
            directories.push((descriptor, preopen.guest.to_string()));
        }
        Ok(directories)
    })?;
    Ok(())
}

pub(in crate::wasi) fn define_types<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.resource::<Descriptor>("descriptor", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<Descriptor>::own(rep)).map(drop).map_err(refused)
    })?;
    define_streams(instance)?;
    define_contents(instance)?;
    define_about(instance)?;
    define_paths(instance)?;
    define_directories(instance)?;
    instance.func_wrap("filesystem-error-code", |cx: &mut Cx<'_, T>, (error,): (Borrow<IoError>,)| {
        Ok(cx.data_mut().wasi.table.get(error).map_err(refused)?.code)
    })?;
    Ok(())
}

fn define_streams<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap(
        "[method]descriptor.read-via-stream",
        |cx: &mut Cx<'_, T>, (this, offset): (This, u64)| {
            let wasi = &mut cx.data_mut().wasi;
            let stream = wasi.descriptor(this, |descriptor| {
                let file = descriptor.file()?.readable()?.clone();
                Ok(InputStream::file(file, offset))
            })?;
            wasi.made(stream)
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.write-via-stream",
        |cx: &mut Cx<'_, T>, (this, offset): (This, u64)| {
            let wasi = &mut cx.data_mut().wasi;
            let stream = wasi.descriptor(this, |descriptor| {
                let file = descriptor.file()?.writable()?.clone();
                Ok(OutputStream::file(file, offset))
            })?;
            wasi.made(stream)
        },
    )?;
    instance.func_wrap("[method]descriptor.append-via-stream", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        let wasi = &mut cx.data_mut().wasi;
        let stream = wasi.descriptor(this, |descriptor| {
            Ok(OutputStream::append(descriptor.file()?.writable()?.clone()))
        })?;
        wasi.made(stream)
    })?;
    Ok(())
}

fn define_contents<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap(
        "[method]descriptor.advise",
        |cx: &mut Cx<'_, T>, (this, offset, length, advice): (This, u64, u64, Advice)| {
            cx.data_mut().wasi.descriptor(this, |descriptor| descriptor.advise(offset, length, advice))
        },
    )?;
    instance.func_wrap("[method]descriptor.sync-data", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.descriptor(this, |descriptor| descriptor.sync(true))
    })?;
    instance.func_wrap("[method]descriptor.sync", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.descriptor(this, |descriptor| descriptor.sync(false))
    })?;
    instance.func_wrap("[method]descriptor.set-size", |cx: &mut Cx<'_, T>, (this, size): (This, u64)| {
        cx.data_mut().wasi.descriptor(this, |descriptor| descriptor.set_size(size))
    })?;
    instance.func_wrap(
        "[method]descriptor.read",
        |cx: &mut Cx<'_, T>, (this, length, offset): (This, u64, u64)| {
            cx.data_mut().wasi.descriptor(this, |descriptor| descriptor.file()?.read(length, offset))
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.write",
        |cx: &mut Cx<'_, T>, (this, contents, offset): (This, Vec<u8>, u64)| {
            cx.data_mut().wasi.descriptor(this, |descriptor| descriptor.file()?.write(&contents, offset))
        },
    )?;
    Ok(())
}

fn define_about<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap("[method]descriptor.get-flags", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.descriptor(this, |descriptor| Ok(descriptor.flags()))
    })?;
    instance.func_wrap("[method]descriptor.get-type", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.descriptor(this, |descriptor| Ok(descriptor.ty()))
    })?;
    instance.func_wrap("[method]descriptor.stat", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.descriptor(this, Descriptor::stat)
    })?;
    instance.func_wrap(
        "[method]descriptor.stat-at",
        |cx: &mut Cx<'_, T>, (this, follow, path): (This, PathFlags, String)| {
            cx.data_mut().wasi.directory("stat-at", this, |directory, _| directory.stat_at(follow, &path))
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.set-times",
        |cx: &mut Cx<'_, T>, (this, access, modification): (This, NewTimestamp, NewTimestamp)| {
            cx.data_mut().wasi.descriptor(this, |descriptor| descriptor.set_times(access, modification))
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.set-times-at",
        |cx: &mut Cx<'_, T>,
         (this, follow, path, access, modification): (
            This,
            PathFlags,
            String,
            NewTimestamp,
            NewTimestamp,
        )| {
            let wasi = &mut cx.data_mut().wasi;
            wasi.directory("set-times-at", this, |directory, _| {
                directory.set_times_at(follow, &path, access, modification)
            })
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.is-same-object",
        |cx: &mut Cx<'_, T>, (this, other): (This, This)| {
            let table = &cx.data_mut().wasi.table;
            Ok(table.get(this).map_err(refused)?.is_same_object(table.get(other).map_err(refused)?))
        },
    )?;
    instance.func_wrap("[method]descriptor.metadata-hash", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        cx.data_mut().wasi.descriptor(this, Descriptor::metadata_hash)
    })?;
    instance.func_wrap(
        "[method]descriptor.metadata-hash-at",
        |cx: &mut Cx<'_, T>, (this, follow, path): (This, PathFlags, String)| {
            cx.data_mut()
                .wasi
                .directory("metadata-hash-at", this, |directory, _| directory.metadata_hash_at(follow, &path))
        },
    )?;
    Ok(())
}

fn define_paths<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.func_wrap(
        "[method]descriptor.create-directory-at",
        |cx: &mut Cx<'_, T>, (this, path): (This, String)| {
            cx.data_mut().wasi.directory("create-directory-at", this, |directory, meter| {
                directory.create_directory(&path, meter)
            })
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.remove-directory-at",
        |cx: &mut Cx<'_, T>, (this, path): (This, String)| {
            cx.data_mut()
                .wasi
                .directory("remove-directory-at", this, |directory, _| directory.remove_directory(&path))
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.unlink-file-at",
        |cx: &mut Cx<'_, T>, (this, path): (This, String)| {
            cx.data_mut().wasi.directory("unlink-file-at", this, |directory, _| directory.unlink_file(&path))
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.readlink-at",
        |cx: &mut Cx<'_, T>, (this, path): (This, String)| {
            cx.data_mut().wasi.directory("readlink-at", this, |directory, _| directory.read_link(&path))
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.symlink-at",
        |cx: &mut Cx<'_, T>, (this, contents, path): (This, String, String)| {
            cx.data_mut()
                .wasi
                .directory("symlink-at", this, |directory, meter| directory.symlink(&contents, &path, meter))
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.rename-at",
        |cx: &mut Cx<'_, T>, (this, path, to, new_path): (This, String, This, String)| {
            cx.data_mut()
                .wasi
                .two_directories("rename-at", this, to, |from, to, _| from.rename(&path, to, &new_path))
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.link-at",
        |cx: &mut Cx<'_, T>, (this, flags, path, to, new_path): (This, PathFlags, String, This, String)| {
            cx.data_mut().wasi.two_directories("link-at", this, to, |from, to, meter| {
                from.link(flags, &path, to, &new_path, meter)
            })
        },
    )?;
    instance.func_wrap(
        "[method]descriptor.open-at",
        |cx: &mut Cx<'_, T>,
         (this, follow, path, open, mode): (This, PathFlags, String, OpenFlags, DescriptorFlags)| {
            let wasi = &mut cx.data_mut().wasi;
            let opened = wasi.directory("open-at", this, |directory, meter| {
                directory.open(follow, &path, open, mode, meter)
            })?;
            wasi.made(opened)
        },
    )?;
    Ok(())
}

fn define_directories<T: 'static>(instance: &mut Instance<'_, T>) -> Result<()> {
    instance.resource::<EntryStream>("directory-entry-stream", |cx: &mut Cx<'_, T>, rep| {
        cx.data_mut().wasi.table.delete(Resource::<EntryStream>::own(rep)).map(drop).map_err(refused)
    })?;
    instance.func_wrap("[method]descriptor.read-directory", |cx: &mut Cx<'_, T>, (this,): (This,)| {
        let wasi = &mut cx.data_mut().wasi;
        let entries =
            wasi.directory("read-directory", this, |directory, meter| Ok(directory.read_directory(meter)?))?;
        wasi.made(entries)
    })?;
    instance.func_wrap(
        "[method]directory-entry-stream.read-directory-entry",
        |cx: &mut Cx<'_, T>, (this,): (Borrow<EntryStream>,)| {
            Ok(cx.data_mut().wasi.table.get_mut(this).map_err(refused)?.next())
        },
    )?;
    Ok(())
}
