//! The HTTP face: routes on one page, extractors, problem details, one file per noun.
