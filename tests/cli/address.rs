//! Addresses for programs that tests start. Shared with tests/api.

use std::{
    net::TcpListener,
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// Returns an address that stays free until the program listens there. The system gives ports beyond these to
/// programs that ask for none in particular, so that no other program gets this one in between.
pub(crate) fn quiet_address() -> String {
    static GIVEN: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = u64::from(process::id()) * 64 + GIVEN.fetch_add(1, Ordering::Relaxed);
        let address = format!("127.0.0.1:{}", 20_000 + number % 10_000);
        if TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
}
