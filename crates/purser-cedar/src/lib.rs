//! Cedar policies as one of those who decide what an identity may do.
