//! Patches do what the plain models say.

use proptest::collection::vec;
use proptest::prelude::*;
use purser_registry::patch::{PatchKind, apply};
use purser_types::decode::FieldValidation;
use serde_json::{Value, json as document};

use crate::models::*;
use crate::{object, patched};

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_merge_patch_does_what_the_rfc_says(
        labels in strings(), data in strings(), new_labels in partly_null(), new_data in partly_null(),
    ) {
        let current = config_map(&labels, &data);
        let patch = document!({"metadata": {"labels": new_labels}, "data": new_data});
        let mut model = current.clone();
        merge_model(&mut model, &patch);
        prop_assert_eq!(patched(PatchKind::Merge, &patch, &current).expect("an object"), without_empty(model));
    }

    #[test]
    fn a_strategic_merge_patch_of_maps_is_a_merge_patch(
        labels in strings(), data in strings(), new_labels in partly_null(), new_data in partly_null(),
    ) {
        let current = config_map(&labels, &data);
        let patch = document!({"metadata": {"labels": new_labels}, "data": new_data});
        let merged = patched(PatchKind::Merge, &patch, &current).expect("an object");
        prop_assert_eq!(patched(PatchKind::Strategic, &patch, &current).expect("an object"), merged);
    }

    #[test]
    fn json_patches_do_what_they_do_to_a_plain_map(data in strings(), ops in vec(op(), 0..6)) {
        let mut data = data;
        data.insert("kept".to_owned(), "k".to_owned());
        let current = config_map(&Strings::new(), &data);
        let patch = Value::Array(ops.iter().map(op_json).collect());
        let model = ops_model(data.into_iter().map(|(key, value)| (key, Some(value))).collect(), &ops);
        match (patched(PatchKind::Json, &patch, &current), model) {
            (Ok(object), Some(model)) => {
                // Go reads null into a map of strings as the empty string.
                let model: Strings = model.into_iter().map(|(key, value)| (key, value.unwrap_or_default())).collect();
                prop_assert_eq!(&object["data"], &document!(model));
            }
            (Err(status), None) => prop_assert_eq!(status.code, 422),
            (ours, model) => prop_assert!(false, "{ours:?} {model:?}"),
        }
    }

    #[test]
    fn a_strategic_difference_leads_from_one_to_the_other(old in account(), new in account()) {
        let patch = strategic_diff(&old, &new);
        prop_assert_eq!(patched(PatchKind::Strategic, &patch, &old.json()).expect("an object"), new.json());
    }

    #[test]
    fn any_patch_ends_with_an_object_or_an_error(patch in "[\\[\\]{}\",:a-c$/0-9 ]{0,60}") {
        let current = object(&config_map(&Strings::new(), &Strings::new()));
        for kind in [PatchKind::Json, PatchKind::Merge, PatchKind::Strategic] {
            let _ = apply(kind, patch.as_bytes(), &current, FieldValidation::Strict);
        }
    }
}
