//! Stable names for programs.

/// Defines a type's `code`, and the list of all codes: a code that is in one and not in the other does not compile.
macro_rules! codes {
    ($about:literal $($case:pat => $code:literal,)*) => {
        /// Every code that there is.
        pub const CODES: &[&str] = &[$($code,)*];

        #[doc = $about]
        #[must_use]
        pub fn code(&self) -> &'static str {
            match self {
                $($case => $code,)*
            }
        }
    };
}

pub(crate) use codes;
