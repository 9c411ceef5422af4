//! Holds the crates' dependencies against `architecture/arrows.toml`, and keeps its drawing in ARCHITECTURE.md.

mod drawing;
mod found;
mod listed;

use crate::{Outcome, place};
use found::{Arrow, Kind};
use listed::Listed;

/// The file that lists every arrow that may exist.
const LIST: &str = "architecture/arrows.toml";
/// The document that holds the drawing, between two marks.
const DOCUMENT: &str = "ARCHITECTURE.md";

/// The task: `--write` renews the drawing instead of checking it.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let write = match arguments {
        [] => false,
        [only] if only == "--write" => true,
        _ => return Err("arrows takes `--write` or nothing".to_owned()),
    };
    let root = place::root();
    let read = |name: &str| {
        std::fs::read_to_string(root.join(name)).map_err(|error| format!("cannot read {name}: {error}"))
    };
    let listed = Listed::parse(&read(LIST)?)?;
    let (crates, arrows) = found::all()?;
    let wrong = wrong(&listed, &crates, &arrows);
    if !wrong.is_empty() {
        return Err(format!("{LIST} does not hold:\n  {}", wrong.join("\n  ")));
    }
    let document = read(DOCUMENT)?;
    let renewed = drawing::renew(&document, &drawing::draw(&listed))?;
    if document == renewed {
        println!("arrows ok: {} crates, {} arrows", crates.len(), arrows.len());
        return Ok(());
    }
    if !write {
        return Err(format!(
            "the drawing in {DOCUMENT} is not {LIST}'s: run `cargo xtask arrows --write`"
        ));
    }
    std::fs::write(root.join(DOCUMENT), renewed).map_err(|error| format!("cannot write {DOCUMENT}: {error}"))
}

/// Every rule that does not hold, one sentence each.
fn wrong(listed: &Listed, crates: &[String], arrows: &[Arrow]) -> Vec<String> {
    let mut wrong = listed.upward();
    let unknown = crates.iter().filter(|name| listed.position(name).is_none());
    wrong.extend(unknown.map(|name| format!("{name} is a crate of the workspace and is not listed")));
    let stale = listed
        .names()
        .filter(|name| !crates.iter().any(|one| one == name));
    wrong.extend(stale.map(|name| format!("{name} is listed and is no crate of the workspace")));
    for arrow in arrows {
        let allowed = match arrow.kind {
            Kind::Normal => listed.allows(&arrow.from, &arrow.to),
            Kind::Tests => {
                listed.allows(&arrow.from, &arrow.to) || listed.allows_tests(&arrow.from, &arrow.to)
            }
        };
        if !allowed {
            wrong.push(format!(
                "{} → {} ({}) is not listed",
                arrow.from, arrow.to, arrow.kind
            ));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"
        [[crate]]
        name = "top"
        job = "puts together"
        arrows = ["base"]
        [[crate]]
        name = "base"
        job = "stands alone"
        arrows = []
        tests = []
    "#;

    fn arrow(from: &str, to: &str, kind: Kind) -> Arrow {
        Arrow {
            from: from.to_owned(),
            to: to.to_owned(),
            kind,
        }
    }

    #[test]
    fn a_listed_arrow_passes_and_an_unlisted_one_is_named() {
        let listed = Listed::parse(LIST).unwrap();
        let crates = ["top".to_owned(), "base".to_owned()];
        assert!(wrong(&listed, &crates, &[arrow("top", "base", Kind::Normal)]).is_empty());
        let found = wrong(&listed, &crates, &[arrow("base", "top", Kind::Tests)]);
        assert_eq!(found, ["base → top (tests) is not listed"]);
    }

    #[test]
    fn a_listed_arrow_that_points_up_is_wrong() {
        let listed = Listed::parse(&LIST.replace("arrows = []", "arrows = [\"top\"]")).unwrap();
        let crates = ["top".to_owned(), "base".to_owned()];
        assert_eq!(wrong(&listed, &crates, &[]), ["base → top points up"]);
    }

    #[test]
    fn crates_missing_on_either_side_are_named() {
        let listed = Listed::parse(LIST).unwrap();
        let crates = ["top".to_owned(), "new".to_owned()];
        let found = wrong(&listed, &crates, &[]);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn the_drawing_has_a_mark_for_each_arrow_below_the_diagonal() {
        let listed = Listed::parse(LIST).unwrap();
        let drawing = drawing::draw(&listed);
        assert!(drawing.contains("top   ┐"), "{drawing}");
        assert!(drawing.contains("base  ● ┐"), "{drawing}");
        let renewed = drawing::renew(
            "a\n<!-- arrows:begin -->\nold\n<!-- arrows:end -->\nb\n",
            &drawing,
        )
        .unwrap();
        assert!(
            renewed.starts_with("a\n<!-- arrows:begin -->\n")
                && renewed.ends_with("<!-- arrows:end -->\nb\n")
        );
        assert!(!renewed.contains("old"));
    }
}
