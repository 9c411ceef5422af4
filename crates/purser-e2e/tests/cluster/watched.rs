//! Whether watches told of every revision once and in order.

use std::collections::BTreeMap;

/// What a watch told of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) version: u64,
    pub(crate) value: u64,
}

/// What a list has: names with versions.
pub(crate) type Listed = BTreeMap<String, u64>;

/// Fails with what a watch told wrongly. `written` are writes that were answered, `listed` is what is there at last, and
/// nothing was there at first.
pub(crate) fn check(watch: &[Event], written: &[Event], listed: &Listed) -> Result<(), String> {
    let mut there = Listed::new();
    let mut last = 0;
    let mut told = BTreeMap::new();
    for event in watch {
        if event.version <= last {
            return Err(format!("{event:?} after the revision {last}"));
        }
        last = event.version;
        let before = match event.kind.as_str() {
            "DELETED" => there.remove(&event.name),
            _ => there.insert(event.name.clone(), event.version),
        };
        if before.is_some() == (event.kind == "ADDED") {
            return Err(format!("{event:?} of what was {before:?}"));
        }
        told.insert(event.version, event);
    }
    if let Some(missing) = written
        .iter()
        .find(|write| told.get(&write.version) != Some(write))
    {
        return Err(format!(
            "{missing:?} was told as {:?}",
            told.get(&missing.version)
        ));
    }
    if there != *listed {
        return Err(format!("the watch ends with {there:?}, the list has {listed:?}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Event, Listed, check};

    fn event(kind: &str, name: &str, version: u64) -> Event {
        Event {
            kind: kind.to_owned(),
            name: name.to_owned(),
            version,
            value: version,
        }
    }

    #[test]
    fn what_is_missing_twice_or_out_of_order_is_told() {
        let watch = [
            event("ADDED", "a", 3),
            event("ADDED", "b", 4),
            event("MODIFIED", "a", 6),
            event("DELETED", "b", 7),
        ];
        let listed = Listed::from([("a".to_owned(), 6)]);
        let written = [watch[0].clone(), watch[2].clone()];
        check(&watch, &written, &listed).unwrap();
        check(&watch[..3], &written, &listed).unwrap_err();
        check(&watch, &written, &Listed::new()).unwrap_err();
        let lost = [watch[0].clone(), watch[1].clone(), watch[3].clone()];
        check(&lost, &written, &listed).unwrap_err();
        let [one, two, three, four] = watch.clone();
        check(
            &[one.clone(), two.clone(), two.clone(), three.clone(), four.clone()],
            &written,
            &listed,
        )
        .unwrap_err();
        check(&[two, one, three, four], &written, &listed).unwrap_err();
        check(&watch, &[event("MODIFIED", "a", 5)], &listed).unwrap_err();
    }
}
