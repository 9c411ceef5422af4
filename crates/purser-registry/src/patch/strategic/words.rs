//! The words of a strategic merge patch that are directives.

/// `$patch: replace|delete|merge`.
pub(super) const PATCH: &str = "$patch";
/// `$retainKeys: [a, b]`: all other members go.
pub(super) const RETAIN_KEYS: &str = "$retainKeys";
/// `$deleteFromPrimitiveList/field: [a]`.
pub(super) const DELETE_FROM_PRIMITIVE_LIST: &str = "$deleteFromPrimitiveList";
/// `$setElementOrder/field: [b, a]`.
pub(super) const SET_ELEMENT_ORDER: &str = "$setElementOrder";
