//! Disks that several machines share.

use std::path::Path;

/// Tells whether the file lies on a disk that several machines share. A log of changes there would need memory that all
/// processes of the database share, and machines share none ("Use of WAL Without Shared-Memory" in `SQLite`'s
/// documentation).
#[cfg(target_os = "linux")]
pub(super) fn holds(path: &Path) -> bool {
    rustix::fs::statfs(path).is_ok_and(|disk| is_shared(disk.f_type.cast_unsigned() & 0xFFFF_FFFF))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn holds(_path: &Path) -> bool {
    false
}

/// Tells whether this kind of file system is shared. The numbers are those of statfs(2).
#[cfg(target_os = "linux")]
fn is_shared(kind: u64) -> bool {
    const NFS: u64 = 0x6969;
    const SMB: u64 = 0x517B;
    const SMB2: u64 = 0xFE53_4D42;
    const CIFS: u64 = 0xFF53_4D42;
    const NINE_P: u64 = 0x0102_1997;
    const CEPH: u64 = 0x00C3_6400;
    const AFS: u64 = 0x5346_414F;
    const CODA: u64 = 0x7375_7245;
    const GFS2: u64 = 0x0116_1970;
    const OCFS2: u64 = 0x7461_636F;
    [NFS, SMB, SMB2, CIFS, NINE_P, CEPH, AFS, CODA, GFS2, OCFS2].contains(&kind)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::{holds, is_shared};

    #[test]
    fn only_what_machines_share_is_shared() {
        const EXT4: u64 = 0xEF53;
        const TMPFS: u64 = 0x0102_1994;
        assert!(is_shared(0x6969) && is_shared(0xFF53_4D42));
        assert!(!is_shared(EXT4) && !is_shared(TMPFS));
        assert!(!holds("/nowhere/at/all".as_ref()));
    }
}
