/// Says a number of bytes, such as `1.5 MB`.
pub(crate) fn bytes(count: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", count / unit, count % unit * 10 / unit);
    match count {
        0..1000 => format!("{count} bytes"),
        1000..1_000_000 => format!("{} kB", tenths(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_read_by_people() {
        for (count, said) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (130_000, "130.0 kB"),
            (1_590_000, "1.5 MB"),
            (79_050_000_000, "79.0 GB"),
            (u64::MAX, "18446744073.7 GB"),
        ] {
            assert_eq!(bytes(count), said);
        }
    }
}
