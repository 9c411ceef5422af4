//! JSON Pointers (RFC 6901) into a document, with the liberties of upstream's library.
//!
//! Source: `patch.go` of `evanphx/json-patch` v4: what stands before the first slash is ignored, indices may be
//! negative, and a missing member of an object reads as null.

use purser_types::{Key, Value};

/// The last step of a pointer, in the container it leads to.
pub(super) struct Place<'v> {
    container: &'v mut Value,
    key: String,
}

/// Where a pointer leads; `None` when there is no container, or no slash.
pub(super) fn place<'v>(document: &'v mut Value, pointer: &str) -> Option<Place<'v>> {
    let (_, path) = pointer.split_once('/')?;
    let (parents, key) = path
        .rsplit_once('/')
        .map_or((None, path), |(parents, key)| (Some(parents), key));
    let mut container = document;
    for step in parents.into_iter().flat_map(|parents| parents.split('/')) {
        container = child(container, &unescape(step))?;
    }
    matches!(container, Value::Map(_) | Value::List(_)).then(|| Place {
        container,
        key: unescape(key),
    })
}

/// The steps of a pointer, from the root.
pub(super) fn steps(pointer: &str) -> Vec<String> {
    let path = pointer.split_once('/').map(|(_, path)| path);
    path.into_iter()
        .flat_map(|path| path.split('/'))
        .map(unescape)
        .collect()
}

/// How many steps a pointer has.
pub(super) fn depth(pointer: &str) -> usize {
    pointer.matches('/').count()
}

impl Place<'_> {
    /// What is there. A member that an object lacks is null, an element that a list lacks is `None`.
    pub(super) fn get(&self) -> Option<&Value> {
        match &*self.container {
            Value::Map(map) => Some(map.get(self.key.as_str()).unwrap_or(&Value::Null)),
            Value::List(items) => items.get(index(&self.key, items.len())?),
            _ => None,
        }
    }

    /// How many elements the list has that it is in; none when it is in an object.
    pub(super) fn elements(&self) -> usize {
        self.container.as_list().map_or(0, <[Value]>::len)
    }

    /// Puts `value` there: in a list, before what was there; `-` is its end.
    pub(super) fn add(self, value: Value) -> Option<()> {
        match self.container {
            Value::Map(map) => drop(map.insert(Key::Owned(self.key), value)),
            Value::List(items) if self.key == "-" => items.push(value),
            Value::List(items) => {
                let at = index(&self.key, items.len().checked_add(1)?)?;
                items.insert(at, value);
            }
            _ => return None,
        }
        Some(())
    }

    /// Puts `value` in place of what is there.
    pub(super) fn set(self, value: Value) -> Option<()> {
        match self.container {
            Value::Map(map) => drop(map.insert(Key::Owned(self.key), value)),
            Value::List(items) => {
                let at = index(&self.key, items.len())?;
                *items.get_mut(at)? = value;
            }
            _ => return None,
        }
        Some(())
    }

    /// Takes out what is there.
    pub(super) fn remove(self) -> Option<Value> {
        match self.container {
            Value::Map(map) => map.remove(self.key.as_str()),
            Value::List(items) => {
                let at = index(&self.key, items.len())?;
                Some(items.remove(at))
            }
            _ => None,
        }
    }
}

fn child<'v>(container: &'v mut Value, key: &str) -> Option<&'v mut Value> {
    match container {
        Value::Map(map) => map.get_mut(key),
        Value::List(items) => {
            let at = index(key, items.len())?;
            items.get_mut(at)
        }
        _ => None,
    }
}

/// An index into `length` elements; negative ones count from the end.
fn index(key: &str, length: usize) -> Option<usize> {
    let wanted: i64 = key.parse().ok()?;
    let at = if wanted < 0 {
        i64::try_from(length).ok()?.checked_add(wanted)?
    } else {
        wanted
    };
    usize::try_from(at).ok().filter(|at| *at < length)
}

/// `~1` is a slash, `~0` a tilde; read once, from the left.
fn unescape(step: &str) -> String {
    let mut parts = step.split('~');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.strip_prefix('0') {
            Some(rest) => {
                out.push('~');
                out.push_str(rest);
            }
            None => match part.strip_prefix('1') {
                Some(rest) => {
                    out.push('/');
                    out.push_str(rest);
                }
                None => {
                    out.push('~');
                    out.push_str(part);
                }
            },
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_unescaped_once() {
        for (step, key) in [
            ("a~1b", "a/b"),
            ("~0", "~"),
            ("~01", "~1"),
            ("~10", "/0"),
            ("~2", "~2"),
            ("a~", "a~"),
        ] {
            assert_eq!(unescape(step), key);
        }
    }

    #[test]
    fn indices_count_from_either_end() {
        for (key, at) in [
            ("0", Some(0)),
            ("2", Some(2)),
            ("3", None),
            ("-1", Some(2)),
            ("-4", None),
            ("x", None),
        ] {
            assert_eq!(index(key, 3), at, "{key}");
        }
    }
}
