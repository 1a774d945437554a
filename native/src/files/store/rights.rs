//! The rights on the data folder: its owner's alone. Others who may write there could put files of theirs in the place of an
//! avatar's, or a link; others who may read there see people's photos.

use std::{
    fs::{self, Metadata, Permissions},
    io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
};

use likeness_core::error::{StorageError, StorageErrorKind};
use rustix::process::geteuid;

use super::names::{DATABASE, FOLDERS, LOCKS};
use crate::disk::storage_error;

const OF_OTHERS: u32 = 0o077;
const OTHERS_MAY_WRITE: u32 = 0o022;
const STICKY: u32 = 0o1000;
const ROOT: u32 = 0;

/// Refuses a data folder that others may write, and takes all rights from them where the folder is plainly ours. In another
/// folder, such as a home that others may look into, what is ours is closed to them by itself.
pub(super) fn keep_others_out(home: &Path) -> Result<(), StorageError> {
    let is_ours = |home: &Path| {
        // The folder may be /tmp, where other users' programs would break.
        let holds_ours = home.join(DATABASE).exists();
        holds_ours || fs::read_dir(home).is_ok_and(|mut entries| entries.next().is_none())
    };
    check(home, is_ours(home))?;
    for name in [DATABASE, FOLDERS, LOCKS] {
        let path = home.join(name);
        if path.exists() {
            check(&path, true)?;
        }
    }
    Ok(())
}

fn check(path: &Path, is_ours: bool) -> Result<(), StorageError> {
    let exposed = || StorageError::new(StorageErrorKind::Exposed, path.display().to_string());
    let metadata = fs::metadata(path).map_err(|error| storage_error(path, &error))?;
    match Rights::of(&metadata, geteuid().as_raw()) {
        Rights::Readable if is_ours => {
            match close(path, &metadata) {
                Ok(()) => log::info!("others could read {}; now only its owner can", path.display()),
                // Not every disk knows of rights.
                Err(error) => log::info!("others may read {}: {error}", path.display()),
            }
            Ok(())
        }
        Rights::Private | Rights::Readable => Ok(()),
        Rights::Shared if is_ours => {
            close(path, &metadata).map_err(|_| exposed())?;
            log::warn!("others could write to {}; now only its owner can", path.display());
            Ok(())
        }
        Rights::Shared | Rights::Foreign => Err(exposed()),
    }
}

fn close(path: &Path, metadata: &Metadata) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(metadata.mode() & 0o7777 & !OF_OTHERS))
}

/// The rights of other users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    /// Nothing.
    Private,
    /// Reading, in a folder of this user.
    Readable,
    /// Writing, in a folder of this user.
    Shared,
    /// Ownership by another user, or a folder that is meant to be shared.
    Foreign,
}

impl Rights {
    fn of(metadata: &Metadata, user: u32) -> Self {
        Self::of_mode(metadata.mode(), metadata.uid(), user)
    }

    /// Reads the rights from a folder's mode and owner. Root may do everything anyway, and uses folders of other users,
    /// such as a container's volume.
    fn of_mode(mode: u32, owner: u32, user: u32) -> Self {
        if owner != user && user != ROOT {
            Self::Foreign
        } else if mode & OF_OTHERS == 0 {
            Self::Private
        } else if mode & OTHERS_MAY_WRITE == 0 {
            Self::Readable
        } else if mode & STICKY != 0 {
            Self::Foreign
        } else {
            Self::Shared
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, Permissions},
        os::unix::fs::PermissionsExt as _,
        path::Path,
    };

    use likeness_core::error::StorageErrorKind;

    use super::{DATABASE, FOLDERS, Rights, keep_others_out};

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).expect("set");
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o7777
    }

    #[test]
    fn what_is_ours_is_mended_and_what_all_share_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let home = folder.path();
        for open in [0o777, 0o770, 0o720, 0o702, 0o755, 0o700] {
            set(home, open);
            keep_others_out(home).expect("mended");
            assert_eq!(mode(home), 0o700);
        }
        // Other files lie in it.
        fs::write(home.join("somebody.txt"), "x").expect("written");
        set(home, 0o777);
        assert_eq!(keep_others_out(home).expect_err("shared").kind, StorageErrorKind::Exposed);
        assert_eq!(mode(home), 0o777, "it is left as it is");
        set(home, 0o755);
        keep_others_out(home).expect("they may look into what is not ours alone");
        assert_eq!(mode(home), 0o755, "it is left as it is");
        set(home, 0o777);
        fs::write(home.join(DATABASE), "x").expect("written");
        fs::create_dir(home.join(FOLDERS)).expect("made");
        set(&home.join(FOLDERS), 0o777);
        set(&home.join(DATABASE), 0o666);
        keep_others_out(home).expect("mended");
        assert_eq!(
            [mode(home), mode(&home.join(FOLDERS)), mode(&home.join(DATABASE))],
            [0o700, 0o700, 0o600]
        );
        set(home, 0o1777);
        assert_eq!(keep_others_out(home).expect_err("shared").kind, StorageErrorKind::Exposed);
    }

    #[test]
    fn only_root_uses_what_is_another_s() {
        let of = |mode, owner, user| Rights::of_mode(mode, owner, user);
        assert_eq!(of(0o700, 1000, 1000), Rights::Private);
        assert_eq!(of(0o755, 1000, 1000), Rights::Readable);
        assert_eq!(of(0o640, 1000, 1000), Rights::Readable);
        assert_eq!(of(0o700, 1000, 1001), Rights::Foreign);
        assert_eq!(of(0o777, 0, 1001), Rights::Foreign);
        assert_eq!(of(0o700, 1000, 0), Rights::Private);
        assert_eq!(of(0o770, 1000, 0), Rights::Shared);
        assert_eq!(of(0o1777, 0, 0), Rights::Foreign);
    }
}
