//! How a request for many is narrowed, in the words of reviews.

use std::sync::Arc;

use purser_types::selector::{FieldSelector, LabelSelector, Operator};

/// The selectors of a list, a watch or a deletion of many. They only narrow: who decides without them decides on more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Selectors {
    /// On fields.
    pub fields: Vec<Requirement>,
    /// On labels.
    pub labels: Vec<Requirement>,
}

impl Selectors {
    /// Of a request's `fieldSelector` and `labelSelector`; `None`: nothing of them is understood and narrows.
    ///
    /// Source: `fieldSelectorToAuthorizationAPI` and `labelSelectorToAuthorizationAPI` in
    /// `k8s.io/apiserver/plugin/pkg/authorizer/webhook/webhook.go`.
    #[must_use]
    pub fn of(fields: &str, labels: &str) -> Option<Arc<Self>> {
        let fields = FieldSelector::parse(fields).unwrap_or_default();
        let labels = LabelSelector::parse(labels).unwrap_or_default();
        let fields: Vec<Requirement> = fields
            .requirements()
            .iter()
            .map(|one| Requirement {
                key: one.field.clone(),
                operator: match one.operator {
                    Operator::Equal => "In",
                    Operator::NotEqual => "NotIn",
                },
                values: vec![one.value.clone()],
            })
            .collect();
        let labels: Vec<Requirement> = labels
            .written()
            .map(|(key, operator, values)| Requirement {
                key: key.to_owned(),
                operator,
                values: values.to_vec(),
            })
            .collect();
        let narrows = !fields.is_empty() || !labels.is_empty();
        narrows.then(|| Arc::new(Self { fields, labels }))
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(fields: &str, labels: &str) -> String {
        let Some(selectors) = Selectors::of(fields, labels) else {
            return String::new();
        };
        let one = |one: &Requirement| format!("{} {} {}", one.key, one.operator, one.values.join("|"));
        let all = selectors.fields.iter().chain(&selectors.labels);
        all.map(one).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn selectors_are_written_in_the_operators_of_the_api() {
        assert_eq!(
            written("metadata.name=a,type!=b", ""),
            "metadata.name In a, type NotIn b"
        );
        assert_eq!(
            written("", "a=b,c in (d,e),f notin (g),h,!i,j>3"),
            "a In b, c In d|e, f NotIn g, h Exists , i DoesNotExist "
        );
        assert_eq!(written("", ""), "");
        assert_eq!(
            written("nonsense", "a==="),
            "",
            "what is not understood narrows nothing"
        );
    }
}
