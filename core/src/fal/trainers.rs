//! The trainers at fal.ai, one file each: the endpoint, the input, and the ranges of the input's numbers.
//!
//! Trainers differ in the names of their fields, in defaults and ranges, and in the models that take what they make, so
//! none is a variant of another.

pub mod portrait;
