use std::{
    fs,
    path::{Path, PathBuf},
};

use likeness_core::caption::CaptionProblem;
use tempfile::TempDir;

use super::{FileProblem, Found, PhotoFile, find};
use crate::failure::Exit;

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 nothing more!";

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).expect("written");
    }
    folder
}

fn name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

fn names(found: &Found) -> Vec<String> {
    found.photos.iter().map(|photo| name(photo.path())).collect()
}

fn unmatched(found: &Found) -> Vec<String> {
    found.unmatched.iter().map(|text| name(text)).collect()
}

fn photo(folder: &TempDir, name: &str) -> PhotoFile {
    PhotoFile::at(folder.path().join(name))
}

fn arguments(folder: &TempDir, names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| folder.path().join(name)).collect()
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
    let found = find(&[folder.path().to_owned()], false).expect("photos");
    assert_eq!(names(&found), ["a10.png", "a2.webp", "b.JPG", "phone.heic", "scan"]);
    let remarks = [
        "Passed over: 2 other files.",
        "A folder inside holds 1 more photo: --recursive takes them as well.",
    ];
    assert_eq!(found.remarks(), remarks);
}

#[test]
fn folders_inside_are_opened_on_request() {
    let folder = folder(&[("z.jpg", JPEG), ("IMG_1.MOV", b""), ("IMG_1.AAE", b"")]);
    for (path, text) in [("b/d", "at home"), ("a", "by the sea")] {
        let inner = folder.path().join(path);
        fs::create_dir_all(&inner).expect("created");
        fs::write(inner.join("1.jpg"), JPEG).expect("written");
        fs::write(inner.join("1.txt"), text).expect("written");
    }
    // A link that leads back.
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/back")).expect("linked");
    let flat = find(&[folder.path().to_owned()], false).expect("photos");
    assert_eq!(names(&flat), ["z.jpg"]);
    let remarks = [
        "Passed over: 1 movie, 1 sidecar file.",
        "2 folders inside hold 2 more photos: --recursive takes them as well.",
    ];
    assert_eq!(flat.remarks(), remarks);
    let all = find(&[folder.path().to_owned()], true).expect("photos");
    assert_eq!(names(&all), ["z.jpg", "1.jpg", "1.jpg"]);
    let captions = all.photos.iter().map(|photo| photo.caption().expect("a caption").map(String::from));
    assert_eq!(
        captions.collect::<Vec<_>>(),
        [None, Some("by the sea".to_owned()), Some("at home".to_owned())]
    );
    assert_eq!(all.remarks(), remarks[..1]);
}

#[test]
fn arguments_keep_their_order_and_texts_among_them_are_no_photos() {
    let folder = folder(&[
        ("b.jpg", JPEG),
        ("b.txt", b"b"),
        ("a.jpg", JPEG),
        ("lonely.txt", b""),
        ("photo.txt", JPEG),
    ]);
    let found = find(&arguments(&folder, &["b.jpg", "b.txt", "photo.txt", "a.jpg", "lonely.txt"]), false);
    let found = found.expect("photos");
    assert_eq!(names(&found), ["b.jpg", "photo.txt", "a.jpg"], "a photo is one by whatever name");
    assert_eq!(unmatched(&found), ["lonely.txt"]);
    let failure = find(&arguments(&folder, &["lonely.txt"]), false).expect_err("no photo");
    assert_eq!(failure.code(), "photos.none");
    assert!(failure.brief().contains("lonely.txt belongs to no photo"), "{}", failure.brief());
}

#[test]
fn texts_are_found_beside_photos_and_named_where_the_whole_folder_was() {
    let folder = folder(&[
        ("a.jpg", JPEG),
        ("a.TXT", b"one"),
        ("b.jpg", JPEG),
        ("b.jpg.txt", b"two"),
        ("c.jpg", JPEG),
        ("c.Caption", b"three"),
        ("Zoe\u{308}.jpg", JPEG),
        ("Zo\u{eb}.txt", b"four"),
        ("notes.txt", b"milk"),
        ("old.caption", b""),
        ("._a.txt", b"hidden"),
    ]);
    fs::create_dir(folder.path().join("folder.txt")).expect("created");
    let captions = |found: &Found| -> Vec<Option<String>> {
        let captions = found.photos.iter().map(|photo| photo.caption().expect("a caption"));
        captions.map(|caption| caption.map(String::from)).collect()
    };
    let whole = find(&[folder.path().to_owned()], false).expect("photos");
    // The order of bytes: Z before a.
    let all = ["four", "one", "two", "three"].map(|words| Some(words.to_owned()));
    assert_eq!(captions(&whole), all);
    assert_eq!(unmatched(&whole), ["notes.txt", "old.caption"]);
    // The folder's other texts were not named.
    let photos = find(&arguments(&folder, &["b.jpg", "c.jpg"]), false).expect("photos");
    assert_eq!(captions(&photos), all[2..]);
    assert_eq!(unmatched(&photos), Vec::<String>::new());
    // The same folder in two spellings.
    let spelt = folder.path().join(".").join("a.TXT");
    let both = find(&[folder.path().join("a.jpg"), spelt], false).expect("photos");
    assert_eq!((captions(&both), unmatched(&both)), (vec![all[1].clone()], vec![]));
}

#[test]
fn texts_that_contradict_each_other_are_both_named() {
    let folder = folder(&[
        ("a.jpg", JPEG),
        ("a.jpg.txt", b"at home"),
        ("a.txt", b"by the sea"),
        ("b.jpg", JPEG),
        ("b.txt", b"the same\n"),
        ("b.caption", b"the  same"),
    ]);
    let found = find(&[folder.path().to_owned()], false).expect("photos");
    let problem = found.photos[0].caption().expect_err("two captions");
    assert_eq!(problem.code(), "caption.conflict");
    let text = problem.to_string();
    assert!(text.contains("/a.jpg.txt and ") && text.contains("/a.txt are both"), "{text}");
    assert_eq!(
        found.photos[1].caption().map(|caption| caption.map(String::from)),
        Ok(Some("the same".to_owned()))
    );
}

#[test]
fn every_name_that_leads_nowhere_is_named() {
    let folder = folder(&[("a.jpg", JPEG)]);
    let failure = find(&arguments(&folder, &["x.jpg", "a.jpg", "y"]), false).expect_err("two are missing");
    assert_eq!(failure.exit(), Exit::Data);
    let text = failure.to_string();
    assert!(text.contains("x.jpg: the file is not there") && text.contains("/y: "), "{text}");
    assert!(!text.contains("a.jpg"), "{text}");
}

#[test]
fn a_folder_without_photos_is_an_error() {
    let folder = folder(&[("a.txt", b"a")]);
    assert_eq!(
        find(&[folder.path().to_owned()], false).map_err(|failure| failure.code()),
        Err("photos.none")
    );
}

#[test]
fn no_more_than_the_limit_is_read() {
    let folder = folder(&[("a.jpg", b"12345")]);
    assert_eq!(photo(&folder, "a.jpg").read(5), Ok(b"12345".to_vec()));
    assert_eq!(photo(&folder, "a.jpg").read(4), Err(FileProblem::TooLarge { bytes: 5, limit: 4 }));
    assert_eq!(photo(&folder, "b.jpg").read(4), Err(FileProblem::Missing));
    assert_eq!(PhotoFile::at(folder.path().to_owned()).read(4), Err(FileProblem::NotAFile("a folder")));
}

#[test]
fn the_text_beside_a_photo_is_its_caption() {
    let folder = folder(&[
        ("a.txt", "\u{feff}Анна\n".as_bytes()),
        ("b.txt", b"\xcf\xf0"),
        ("c.txt", &[b'c'; 5000]),
        ("d.txt", b"\n"),
    ]);
    for name in ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"] {
        fs::write(folder.path().join(name), JPEG).expect("written");
    }
    let found = find(&[folder.path().to_owned()], false).expect("photos");
    let captions: Vec<_> =
        found.photos.iter().map(|photo| photo.caption().map(|caption| caption.map(String::from))).collect();
    let expected = [
        Ok(Some("Анна".to_owned())),
        Err(FileProblem::Caption(CaptionProblem::NotUtf8)),
        Err(FileProblem::Caption(CaptionProblem::TooLong)),
        Ok(None),
        Ok(None),
    ];
    assert_eq!(captions, expected);
}

mod unix {
    use std::{
        ffi::OsStr,
        os::unix::{ffi::OsStrExt as _, fs::symlink},
    };

    use super::{FileProblem, Found, JPEG, PhotoFile, find, folder, fs, photo};

    #[test]
    fn a_name_that_is_not_utf8_works() {
        let folder = folder(&[]);
        let path = folder.path().join(OsStr::from_bytes(b"caf\xe9.jpg"));
        fs::write(&path, JPEG).expect("written");
        fs::write(path.with_extension("txt"), "at home").expect("written");
        fs::write(folder.path().join(OsStr::from_bytes(b"caf\xe8.txt")), "elsewhere").expect("written");
        let Found { photos: found, unmatched, .. } =
            find(&[folder.path().to_owned()], false).expect("photos");
        assert_eq!(unmatched, [folder.path().join(OsStr::from_bytes(b"caf\xe8.txt"))]);
        assert_eq!(found.len(), 1);
        assert!(found[0].name().ends_with("caf\u{fffd}.jpg"));
        assert_eq!(found[0].read(100).as_deref(), Ok(JPEG));
        assert!(found[0].caption().is_ok_and(|caption| caption.is_some()));
    }

    /// Names files in a folder that may be entered and not listed.
    #[test]
    fn a_caption_is_found_where_nothing_may_be_listed() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = folder(&[("a.jpg", JPEG), ("a.txt", b"at home")]);
        let closed = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode));
        closed(0o300).expect("closed");
        let found = find(&[folder.path().join("a.jpg")], false).expect("a photo");
        closed(0o700).expect("opened");
        assert!(found.photos[0].caption().is_ok_and(|caption| caption.is_some()));
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
        assert_eq!(find(&[folder.path().to_owned()], false).expect("photos").photos.len(), 5);
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
        let zero = PhotoFile::at("/dev/zero".into());
        assert_eq!(zero.read(100), Err(FileProblem::NotAFile("a device")));
    }
}
