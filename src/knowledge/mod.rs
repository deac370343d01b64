//! Documents in, passages out: cut, index, search, cite.
//!
//! Learning is incremental by content hash. Searching filters by what the reader may see inside the query itself.
//! Full-text search lives here; vectors will stand beside it, over the same passages.
