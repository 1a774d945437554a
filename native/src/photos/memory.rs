//! Memory that this process may have: the machine's, or the smallest limit of its control groups.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

/// The folder in which Linux shows its control groups (cgroups(7)).
const GROUPS: &str = "/sys/fs/cgroup";

/// Returns the memory that can be taken now, in bytes, as far as Linux says so.
pub(crate) fn available() -> Option<u64> {
    let machine = of_meminfo(&read("/proc/meminfo")?, "MemAvailable:")?;
    Some(groups().map(|group| group.limit.saturating_sub(group.used)).fold(machine, u64::min))
}

/// Returns all the memory that this process may ever have, in bytes, as far as Linux says so.
pub(crate) fn total() -> Option<u64> {
    let machine = of_meminfo(&read("/proc/meminfo")?, "MemTotal:")?;
    Some(groups().map(|group| group.limit).fold(machine, u64::min))
}

/// A control group with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    limit: u64,
    /// Used bytes, without those that are given back when they are needed.
    used: u64,
}

/// The names of a group's files, which differ between the two versions of control groups.
struct Files {
    limits: &'static [&'static str],
    used: &'static str,
    cached: &'static str,
}

const FIRST: Files = Files {
    limits: &["memory.limit_in_bytes"],
    used: "memory.usage_in_bytes",
    cached: "total_inactive_file",
};

/// The files of version 2. Above `memory.high` a process is slowed down until it stands still.
const SECOND: Files =
    Files { limits: &["memory.max", "memory.high"], used: "memory.current", cached: "inactive_file" };

/// Finds the groups of this process, and all those above.
fn groups() -> impl Iterator<Item = Group> {
    let own = read("/proc/self/cgroup").unwrap_or_default();
    groups_at(Path::new(GROUPS), &own).into_iter()
}

/// Finds the groups; `own` is the text of `/proc/self/cgroup`: for each hierarchy its number, its controllers, and the
/// group's path.
fn groups_at(root: &Path, own: &str) -> Vec<Group> {
    let mut groups = Vec::new();
    for line in own.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let (base, files) = if controllers.is_empty() {
            (root.to_owned(), &SECOND)
        } else if controllers.split(',').any(|controller| controller == "memory") {
            (root.join("memory"), &FIRST)
        } else {
            continue;
        };
        // In a container the path may be the host's, of which only the end is visible, or begin above the visible part.
        let below = Path::new(path).components().filter(|part| matches!(part, Component::Normal(_)));
        let below: PathBuf = below.collect();
        groups.extend(below.ancestors().filter_map(|group| files.group(&base.join(group))));
    }
    groups
}

impl Files {
    /// Reads the group in this folder, if it exists and has a limit.
    fn group(&self, folder: &Path) -> Option<Group> {
        let number = |name: &str| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
        let limit = self.limits.iter().filter_map(|name| number(name)).min()?;
        let cached = || {
            let stat = fs::read_to_string(folder.join("memory.stat")).ok()?;
            let lines = stat.lines().filter_map(|line| line.split_once(' '));
            let mut cached = lines.filter(|(name, _)| *name == self.cached);
            cached.next()?.1.trim().parse::<u64>().ok()
        };
        let used = number(self.used).unwrap_or(0).saturating_sub(cached().unwrap_or(0));
        Some(Group { limit, used })
    }
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// Reads a line such as `MemAvailable:   123 kB` (proc_meminfo(5)), in bytes.
fn of_meminfo(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::{Group, groups_at, of_meminfo};

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    }

    #[test]
    fn every_group_above_counts() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path();
        write(root, "a/memory.max", "max\n");
        write(root, "a/b/memory.max", "4000\n");
        write(root, "a/b/memory.current", "1000\n");
        write(root, "a/b/memory.stat", "anon 600\ninactive_file 400\nfile 500\n");
        write(root, "a/b/c/memory.max", "9000\n");
        write(root, "a/b/c/memory.high", "8000\n");
        write(root, "other/memory.max", "1\n");
        let groups = groups_at(root, "0::/a/b/c\n");
        assert_eq!(groups, [Group { limit: 8000, used: 0 }, Group { limit: 4000, used: 600 }]);
        // Where only the end of the path is visible, the group itself is at the root.
        write(root, "memory.max", "500\n");
        for own in ["0::/\n", "0::/docker/123\n", "0::/../../x\n"] {
            assert_eq!(groups_at(root, own), [Group { limit: 500, used: 0 }], "{own}");
        }
        assert_eq!(groups_at(root, "nothing\n1:\n"), []);
    }

    #[test]
    fn the_first_version_of_groups_counts_too() {
        let root = tempfile::tempdir().expect("a folder");
        let root = root.path();
        write(root, "memory/pod/memory.limit_in_bytes", "4000\n");
        write(root, "memory/pod/memory.usage_in_bytes", "3000\n");
        write(root, "memory/pod/memory.stat", "inactive_file 1\ntotal_inactive_file 500\n");
        write(root, "memory/pod/one/memory.limit_in_bytes", "9223372036854771712\n");
        write(root, "cpu/pod/one/memory.limit_in_bytes", "1\n");
        let groups = groups_at(root, "12:cpu,cpuacct:/pod/one\n4:memory:/pod/one\n0::/\n");
        assert_eq!(groups.iter().map(|group| group.limit).min(), Some(4000));
        assert_eq!(groups.last(), Some(&Group { limit: 4000, used: 2500 }));
    }

    #[test]
    fn linux_says_what_there_is() {
        let text = "MemTotal:       8000000 kB\nMemAvailable:    4000000 kB\n";
        assert_eq!(of_meminfo(text, "MemAvailable:"), Some(4_096_000_000));
        assert_eq!(of_meminfo(text, "MemTotal:"), Some(8_192_000_000));
        assert_eq!(of_meminfo("MemTotal: 1 kB", "MemAvailable:"), None);
        assert_eq!(of_meminfo("MemAvailable: x kB", "MemAvailable:"), None);
    }
}
