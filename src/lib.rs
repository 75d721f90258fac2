//! dateline reads a news article: which entities it names, and who is quoted saying what.
pub mod extraction;
