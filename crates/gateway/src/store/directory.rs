//! The data directory: ours alone, and nobody else's to read.

use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::StoreError;

/// Makes the directory (0700) if it is missing and locks it for this process.
pub(super) fn take(dir: &Path) -> Result<File, StoreError> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|it| refused(dir, it))?;
    let file = open_private(&dir.join("spillway.lock")).map_err(|it| refused(dir, it))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(refused(dir, source)),
    }
}

/// The database's path; the file exists afterwards and only its owner may read it. SQLite gives its companion files
/// (`-wal`, `-shm`) the same permissions.
pub(super) fn database(dir: &Path) -> Result<PathBuf, StoreError> {
    let path = dir.join("spillway.db");
    open_private(&path)
        .and_then(|file| file.set_permissions(PermissionsExt::from_mode(0o600)))
        .map_err(|it| refused(dir, it))?;
    Ok(path)
}

fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn refused(dir: &Path, source: io::Error) -> StoreError {
    StoreError::Directory { path: dir.to_owned(), source }
}
