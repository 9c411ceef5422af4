//! Which objects a permit is for that is not for all of them. Nothing is asked where it is.

use std::borrow::Cow;

use purser_authz::{ObjectFacts, Permit};
use purser_encryption::SealedStore;
use purser_types::resource::NAMESPACES;
use purser_types::{Object, Resource, proto};

use crate::error::Error;
use crate::found::Found;

/// What is asked of an object, held together.
struct Known<'a> {
    namespace: &'a str,
    name: &'a str,
    labels: Vec<(&'a str, &'a str)>,
    annotations: Vec<(&'a str, &'a str)>,
}

impl<'a> Known<'a> {
    fn of(object: &'a Object) -> Self {
        Self {
            namespace: place(object.resource, object.namespace(), object.name()),
            name: object.name(),
            labels: object.labels().collect(),
            annotations: object.annotations().collect(),
        }
    }

    /// Without annotations, which are sealed.
    fn of_index(found: &'a Found) -> Self {
        let index = &*found.index;
        let labels = index.labels.iter();
        Self {
            namespace: place(found.resource, &index.namespace, &index.name),
            name: &index.name,
            labels: labels.map(|(key, value)| (&**key, &**value)).collect(),
            annotations: Vec::new(),
        }
    }

    fn facts(&self) -> ObjectFacts<'_> {
        ObjectFacts {
            namespace: self.namespace,
            name: self.name,
            labels: &self.labels,
            annotations: &self.annotations,
        }
    }
}

/// As in requests, a namespace counts as being in itself.
fn place<'a>(resource: &Resource, namespace: &'a str, name: &'a str) -> &'a str {
    if resource == &NAMESPACES { name } else { namespace }
}

/// The permit for this object; `None`: there is none.
pub(crate) fn for_object<'p>(permit: &'p Permit, object: &Object) -> Option<Cow<'p, Permit>> {
    match permit.is_conditional() {
        false => Some(Cow::Borrowed(permit)),
        true => permit.for_object(&Known::of(object).facts()).map(Cow::Owned),
    }
}

/// As [`for_object`], for an object that a change makes, known to who makes it.
///
/// # Errors
/// 403.
pub(crate) fn for_made<'p>(permit: &'p Permit, object: &Object) -> Result<Cow<'p, Permit>, Error> {
    for_object(permit, object).ok_or_else(|| permit.refusal().into())
}

/// A change that leaves values as they are brings them into nobody's sight who makes it: a label may say who reads.
///
/// # Errors
/// 403.
pub(crate) fn stays_out_of_sight(permit: &Permit, object: &Object) -> Result<(), Error> {
    match permit.is_conditional() && permit.comes_into_sight(&Known::of(object).facts()) {
        true => Err(permit.refusal().into()),
        false => Ok(()),
    }
}

/// As [`admits`], for what was stored once: it is for whom it is now, as well. What is gone, nobody can ask about.
pub(crate) async fn admits_past(
    store: &SealedStore,
    permit: &Permit,
    found: &Found,
    present: Option<&Found>,
) -> bool {
    if permit.is_for_all() {
        return true;
    }
    let Some(present) = present.filter(|present| present.index.uid == found.index.uid) else {
        return false;
    };
    let changed = present.revision != found.revision;
    admits(store, permit, found).await && (!changed || admits(store, permit, present).await)
}

/// Whether `permit` is for a stored object. It is opened where its annotations are asked for; one that cannot be read
/// is not for whom anything has to be asked of it.
pub(crate) async fn admits(store: &SealedStore, permit: &Permit, found: &Found) -> bool {
    if !permit.is_conditional() {
        return true;
    }
    if found.index.unreadable.is_some() {
        return false;
    }
    if !permit.looks_at_annotations() {
        return permit.admits(&Known::of_index(found).facts());
    }
    let Ok(opened) = store.open(&found.key, &found.sealed).await else {
        return false;
    };
    let object = proto::decode(found.resource, opened.plaintext.expose());
    object.is_ok_and(|object| permit.admits(&Known::of(&object).facts()))
}

/// As [`absent`], for an object that is not there. Something is judged all the same, so that the time of the answer does
/// not tell it from one that the permit is not for.
pub(crate) fn missing(permit: &Permit) -> Error {
    let request = permit.request();
    let nothing = ObjectFacts {
        namespace: &request.namespace,
        name: &request.name,
        labels: &[],
        annotations: &[],
    };
    std::hint::black_box(permit.admits(&nothing));
    absent(permit)
}

/// What is answered for an object that is not there, or that the permit is not for.
pub(crate) fn absent(permit: &Permit) -> Error {
    permit.absent().into()
}
