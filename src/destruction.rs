//! Destruction: what is to be destroyed, carried out, tried, and proved.

pub mod certificate;
