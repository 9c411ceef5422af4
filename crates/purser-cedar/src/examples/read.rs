//! Examples from a file.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use purser_authz::Verdict;
use purser_types::User;
use purser_types::user::{AUTHENTICATED, SERVICE_ACCOUNT_PREFIX, SERVICE_ACCOUNTS};

use super::fields::Fields;
use super::node::{self, Node, Value};
use super::{Asked, Case, Examples};
use crate::error::Error;
use crate::place::{Place, Problem};

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// Reads a file of examples:
///
/// ```yaml
/// policies: payments.cedar   # a file or a directory, from where this file is
/// objects:
///   card-key: {resource: secrets, namespace: payments, name: card-key, labels: {pci: "true"}}
/// cases:
/// - {user: jane, groups: [payments], verb: get, object: card-key, expect: deny, by: pci}
/// ```
///
/// # Errors
/// [`Error::Problems`] for a file that cannot be read or understood.
pub fn read(file: &Path) -> Result<Examples, Error> {
    let shown = file.display().to_string();
    let text = text(file).map_err(|error| Error::one(Problem::with_file(&shown, error.to_string())))?;
    let mut examples = of_text(&shown, &text)?;
    if let (Some(policies), Some(directory)) = (&mut examples.policies, file.parent()) {
        *policies = directory.join(&*policies);
    }
    Ok(examples)
}

fn text(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(file)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    match u64::try_from(text.len()) {
        Ok(..=MAX_BYTES) => Ok(text),
        _ => Err(io::Error::other(format!("it has more than {MAX_BYTES} bytes"))),
    }
}

fn of_text(file: &str, text: &str) -> Result<Examples, Error> {
    let mut fields = Fields::of(node::read(file, text)?, "a file of examples")?;
    let policies = fields.text("policies")?.map(Into::into);
    let mut objects = BTreeMap::new();
    if let Some(named) = fields.take("objects") {
        for (name, object) in Fields::of(named, "objects")?.into_members() {
            objects.insert(name, object_of(object)?);
        }
    }
    let cases = match fields.take("cases") {
        Some(Node {
            value: Value::List(cases),
            ..
        }) => cases
            .into_iter()
            .map(|case| case_of(case, &objects))
            .collect::<Result<_, _>>()?,
        Some(other) => return Err(other.problem("cases is a list")),
        None => return Err(missing(fields.place(), "cases")),
    };
    fields.end("policies, objects and cases")?;
    Ok(Examples { policies, cases })
}

fn missing(place: &Place, field: &str) -> Error {
    Error::one(Problem::placed(place, format!("{field} is missing")))
}

fn object_of(node: Node) -> Result<Asked, Error> {
    let mut fields = Fields::of(node, "an object")?;
    let asked = asked(&mut fields, None)?;
    if asked.resource.is_empty() {
        return Err(missing(fields.place(), "resource"));
    }
    fields.end("apiGroup, resource, namespace, name, labels and annotations")?;
    Ok(asked)
}

/// What a case or an object says of what is asked for; what it does not say is as in `object`.
fn asked(fields: &mut Fields, object: Option<&Asked>) -> Result<Asked, Error> {
    let mut text = |name: &str, known: Option<&String>| -> Result<String, Error> {
        Ok(fields.text(name)?.or_else(|| known.cloned()).unwrap_or_default())
    };
    Ok(Asked {
        path: None,
        group: text("apiGroup", object.map(|known| &known.group))?,
        resource: text("resource", object.map(|known| &known.resource))?,
        subresource: String::new(),
        namespace: text("namespace", object.map(|known| &known.namespace))?,
        name: text("name", object.map(|known| &known.name))?,
        labels: pairs(fields, "labels", object.map(|known| &known.labels))?,
        annotations: pairs(fields, "annotations", object.map(|known| &known.annotations))?,
    })
}

fn pairs(
    fields: &mut Fields,
    name: &str,
    known: Option<&Vec<(String, String)>>,
) -> Result<Vec<(String, String)>, Error> {
    Ok(fields.pairs(name)?.or_else(|| known.cloned()).unwrap_or_default())
}

fn case_of(node: Node, objects: &BTreeMap<String, Asked>) -> Result<Case, Error> {
    let mut fields = Fields::of(node, "a case")?;
    let place = fields.place().clone();
    let description = fields.text("description")?;
    let object = match fields.take("object") {
        None => None,
        Some(Node {
            value: Value::Text(name),
            place,
        }) => match objects.get(&name) {
            Some(object) => Some(object),
            None => {
                let message = format!("there is no object {name:?} under objects");
                return Err(Error::one(Problem::placed(&place, message)));
            }
        },
        Some(other) => return Err(other.problem("object is a name under objects")),
    };
    let user = user(
        fields.text("user")?.ok_or_else(|| missing(&place, "user"))?,
        fields.texts("groups")?,
    );
    let verb = fields.text("verb")?.ok_or_else(|| missing(&place, "verb"))?;
    let path = fields.text("path")?;
    let subresource = fields.text("subresource")?.unwrap_or_default();
    let of_request = asked(&mut fields, object)?;
    if path.is_none() && of_request.resource.is_empty() {
        return Err(missing(&place, "resource, object or path"));
    }
    let expect = verdict(&fields.take("expect").ok_or_else(|| missing(&place, "expect"))?)?;
    let by = fields.text("by")?;
    fields.end(
        "description, user, groups, verb, object, apiGroup, resource, subresource, namespace, name, labels, \
         annotations, path, expect and by",
    )?;
    Ok(Case {
        place,
        description: description.unwrap_or_default(),
        user,
        verb,
        asked: Asked {
            path,
            subresource,
            ..of_request
        },
        expect,
        by,
    })
}

fn user(name: String, groups: Vec<String>) -> User {
    let mut all = groups;
    if let Some((namespace, _)) = name
        .strip_prefix(SERVICE_ACCOUNT_PREFIX)
        .and_then(|rest| rest.split_once(':'))
    {
        all.extend([
            SERVICE_ACCOUNTS.to_owned(),
            format!("{SERVICE_ACCOUNTS}:{namespace}"),
        ]);
    }
    all.push(AUTHENTICATED.to_owned());
    User {
        name,
        groups: all,
        ..User::default()
    }
}

fn verdict(node: &Node) -> Result<Verdict, Error> {
    match &node.value {
        Value::Text(text) => match text.as_str() {
            "allow" => Ok(Verdict::Allow),
            "deny" => Ok(Verdict::Deny),
            "no-opinion" => Ok(Verdict::NoOpinion),
            _ => Err(node.problem("expect is allow, deny or no-opinion")),
        },
        _ => Err(node.problem("expect is allow, deny or no-opinion")),
    }
}
