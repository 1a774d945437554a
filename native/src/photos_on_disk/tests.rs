use std::{fs, path::PathBuf};

use likeness_core::caption::CaptionProblem;
use tempfile::TempDir;

use super::{FileProblem, PhotoFile, find};
use crate::exit::Exit;

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 nothing more!";

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).expect("written");
    }
    folder
}

fn names(found: &[PhotoFile]) -> Vec<String> {
    found
        .iter()
        .map(|photo| photo.path().file_name().expect("a name").to_string_lossy().into_owned())
        .collect()
}

fn photo(folder: &TempDir, name: &str) -> PhotoFile {
    PhotoFile { path: folder.path().join(name) }
}

#[test]
fn a_folder_gives_its_photos_in_the_order_of_their_names() {
    let folder = folder(&[
        ("b.JPG", JPEG),
        ("a10.png", b""),
        ("a2.webp", b""),
        ("phone.heic", b""),
        ("scan", JPEG),
        ("notes", b"not a photo"),
        ("a2.txt", b"a caption"),
        ("Thumbs.db", b""),
        (".hidden.jpg", JPEG),
    ]);
    fs::create_dir(folder.path().join("inner.jpg")).expect("created");
    fs::write(folder.path().join("inner.jpg/c.jpg"), JPEG).expect("written");
    let found = find(&[folder.path().to_owned()]).expect("photos");
    assert_eq!(names(&found), ["a10.png", "a2.webp", "b.JPG", "phone.heic", "scan"]);
}

#[test]
fn arguments_keep_their_order_and_captions_among_them_are_no_photos() {
    let folder = folder(&[("b.jpg", JPEG), ("b.txt", b"b"), ("a.jpg", JPEG), ("lonely.txt", b"")]);
    let arguments: Vec<PathBuf> =
        ["b.jpg", "b.txt", "a.jpg", "lonely.txt"].iter().map(|name| folder.path().join(name)).collect();
    assert_eq!(names(&find(&arguments).expect("photos")), ["b.jpg", "a.jpg", "lonely.txt"]);
}

#[test]
fn every_name_that_leads_nowhere_is_named() {
    let folder = folder(&[("a.jpg", JPEG)]);
    let arguments: Vec<PathBuf> =
        ["x.jpg", "a.jpg", "y"].iter().map(|name| folder.path().join(name)).collect();
    let failure = find(&arguments).expect_err("two are missing");
    assert_eq!(failure.exit(), Exit::Data);
    let text = failure.to_string();
    assert!(text.contains("x.jpg: the file is not there") && text.contains("/y: "), "{text}");
    assert!(!text.contains("a.jpg"), "{text}");
}

#[test]
fn a_folder_without_photos_is_an_error() {
    let folder = folder(&[("a.txt", b"a")]);
    assert_eq!(find(&[folder.path().to_owned()]).map_err(|failure| failure.code()), Err("photos.none"));
}

#[test]
fn no_more_than_the_limit_is_read() {
    let folder = folder(&[("a.jpg", b"12345")]);
    assert_eq!(photo(&folder, "a.jpg").read(5), Ok(b"12345".to_vec()));
    assert_eq!(photo(&folder, "a.jpg").read(4), Err(FileProblem::TooLarge { bytes: 5, limit: 4 }));
    assert_eq!(photo(&folder, "b.jpg").read(4), Err(FileProblem::Missing));
    assert_eq!(PhotoFile { path: folder.path().to_owned() }.read(4), Err(FileProblem::NotAFile("a folder")));
}

#[test]
fn the_text_beside_a_photo_is_its_caption() {
    let folder = folder(&[
        ("a.txt", "\u{feff}Анна\n".as_bytes()),
        ("b.txt", b"\xcf\xf0"),
        ("c.txt", &[b'c'; 5000]),
        ("d.txt", b"\n"),
    ]);
    let caption = |name| photo(&folder, name).caption().map(|caption| caption.map(String::from));
    assert_eq!(caption("a.jpg"), Ok(Some("Анна".to_owned())));
    assert_eq!(caption("b.jpg"), Err(FileProblem::Caption(CaptionProblem::NotUtf8)));
    assert_eq!(caption("c.jpg"), Err(FileProblem::Caption(CaptionProblem::TooLong)));
    assert_eq!(caption("d.jpg"), Ok(None));
    assert_eq!(caption("e.jpg"), Ok(None));
    assert_eq!(caption("a.txt"), Ok(None), "a text is not its own caption");
}

mod unix {
    use std::{
        ffi::OsStr,
        os::unix::{ffi::OsStrExt as _, fs::symlink},
    };

    use super::{FileProblem, JPEG, PhotoFile, find, folder, fs, photo};

    #[test]
    fn a_name_that_is_not_utf8_works() {
        let folder = folder(&[]);
        let path = folder.path().join(OsStr::from_bytes(b"caf\xe9.jpg"));
        fs::write(&path, JPEG).expect("written");
        fs::write(path.with_extension("txt"), "at home").expect("written");
        let found = find(&[folder.path().to_owned()]).expect("photos");
        assert_eq!(found.len(), 1);
        assert!(found[0].name().ends_with("caf\u{fffd}.jpg"));
        assert_eq!(found[0].read(100).as_deref(), Ok(JPEG));
        assert!(found[0].caption().is_ok_and(|caption| caption.is_some()));
    }

    #[test]
    fn links_are_followed_and_loops_are_named() {
        let folder = folder(&[("a.jpg", JPEG)]);
        symlink("a.jpg", folder.path().join("link.jpg")).expect("linked");
        symlink("one.jpg", folder.path().join("two.jpg")).expect("linked");
        symlink("two.jpg", folder.path().join("one.jpg")).expect("linked");
        symlink("nowhere", folder.path().join("dangling.jpg")).expect("linked");
        assert_eq!(photo(&folder, "link.jpg").read(100).as_deref(), Ok(JPEG));
        assert_eq!(photo(&folder, "one.jpg").read(100), Err(FileProblem::LinkLoop));
        assert_eq!(photo(&folder, "dangling.jpg").read(100), Err(FileProblem::Missing));
        assert_eq!(find(&[folder.path().to_owned()]).expect("photos").len(), 5);
    }

    #[test]
    fn a_pipe_or_a_device_is_never_waited_for() {
        let folder = folder(&[]);
        let pipe = folder.path().join("pipe.jpg");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .expect("a pipe");
        assert_eq!(photo(&folder, "pipe.jpg").read(100), Err(FileProblem::NotAFile("a pipe")));
        let zero = PhotoFile { path: "/dev/zero".into() };
        assert_eq!(zero.read(100), Err(FileProblem::NotAFile("a device")));
    }
}
