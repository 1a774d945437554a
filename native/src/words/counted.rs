/// Says a number of things, such as `1 photo` or `3 photos`.
pub(crate) fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_is_no_plural() {
        let photos = |count| counted(count, "photo", "photos");
        assert_eq!([photos(0), photos(1), photos(2)], ["0 photos", "1 photo", "2 photos"]);
    }
}
