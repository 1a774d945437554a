//! Breaks every rule of `core/clippy.toml` once. `scripts/check-purity --self-test` lints it; nothing runs it.

use std::{
    collections::{HashMap, HashSet},
    env, fs, io,
    net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket},
    path::Path,
    process, thread,
    time::{Duration, Instant, SystemTime},
};

pub fn clocks() {
    let _: Instant = Instant::now();
    let _: SystemTime = SystemTime::now();
    let _ = jiff::Timestamp::now();
}

pub fn randomness() {
    let _: HashMap<u8, u8> = HashMap::new();
    let _: HashMap<u8, u8> = HashMap::with_capacity(1);
    let _: HashSet<u8> = HashSet::new();
    let _: HashSet<u8> = HashSet::with_capacity(1);
    let _ = std::hash::RandomState::new();
    let _ = uuid::Uuid::new_v4();
    let _ = uuid::Uuid::now_v7();
    let _ = getrandom::fill(&mut [0]);
    let _ = getrandom::u32();
    let _ = getrandom::u64();
}

pub fn environment() {
    let _ = env::var("HOME");
    let _ = env::var_os("HOME");
    let _ = env::vars();
    let _ = env::vars_os();
    let _ = env::args();
    let _ = env::args_os();
    let _ = env::current_dir();
    let _ = env::current_exe();
    let _ = env::temp_dir();
    let _ = option_env!("HOME");
}

pub fn files(path: &Path) {
    let _ = fs::read(path);
    let _ = fs::read_dir(path);
    let _ = fs::read_to_string(path);
    let _ = fs::write(path, "");
    let _ = fs::copy(path, path);
    let _ = fs::rename(path, path);
    let _ = fs::metadata(path);
    let _ = fs::symlink_metadata(path);
    let _ = fs::canonicalize(path);
    let _ = fs::create_dir(path);
    let _ = fs::create_dir_all(path);
    let _ = fs::exists(path);
    let _ = fs::remove_file(path);
    let _ = fs::remove_dir(path);
    let _ = fs::remove_dir_all(path);
    let _ = fs::File::open(path);
    let _ = fs::OpenOptions::new();
    let _ = fs::DirBuilder::new();
    let _ = path.exists();
    let _ = path.is_dir();
    let _ = path.is_file();
    let _ = path.metadata();
    let _ = path.read_dir();
    let _ = path.canonicalize();
}

pub fn network() {
    let _ = TcpListener::bind("127.0.0.1:0");
    let _ = TcpStream::connect("127.0.0.1:1");
    let _ = TcpStream::connect_timeout(&([127, 0, 0, 1], 1).into(), Duration::ZERO);
    let _ = UdpSocket::bind("127.0.0.1:0");
    let _ = "127.0.0.1:1".to_socket_addrs();
}

pub fn threads() {
    let handle: thread::JoinHandle<()> = thread::spawn(|| ());
    let _ = handle.join();
    thread::scope(|_| ());
    thread::sleep(Duration::ZERO);
    thread::yield_now();
    thread::park();
    let _ = thread::available_parallelism();
    let _ = thread::Builder::new();
    let _ = std::sync::Condvar::new();
    let _: Option<std::sync::mpsc::Receiver<u8>> = None;
}

pub fn processes() {
    let _ = process::Command::new("true");
    let _ = process::id();
    if process::id() == 1 {
        process::exit(1);
    }
    process::abort();
}

thread_local! {
    static HIDDEN: u8 = const { 0 };
}

pub fn terminal() {
    let _ = io::stdin();
    let _ = io::stdout();
    let _ = io::stderr();
    print!("{}", HIDDEN.with(|hidden| *hidden));
    println!();
    eprint!("a");
    eprintln!();
    dbg!(1);
}
