//! How a request for many is narrowed, in the words of reviews.

/// The selectors of a list, a watch or a deletion of many. They only narrow: who decides without them decides on more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Selectors {
    /// On fields.
    pub fields: Vec<Requirement>,
    /// On labels.
    pub labels: Vec<Requirement>,
}

/// One requirement, `metav1.FieldSelectorRequirement` and `metav1.LabelSelectorRequirement`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// The field or the label.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: &'static str,
    /// The values; none for the last two.
    pub values: Vec<String>,
}
