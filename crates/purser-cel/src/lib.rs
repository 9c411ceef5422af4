//! Expressions in CEL with the functions that Kubernetes adds, bounded in size and work.
