//! What a decision costs: without an object, and for each object of a list.
#![expect(clippy::expect_used, reason = "a benchmark")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use purser_authz::ObjectFacts;
use purser_cedar::{What, from_texts};
use purser_types::User;

/// One rule about labels for each of so many teams, and as many about namespaces.
fn policies(teams: usize) -> String {
    (0..teams)
        .map(|at| {
            format!(
                "permit (principal in k8s::Group::\"team-{at}\", action in k8s::Action::\"read\", resource is \
                 k8s::Resource) when {{ resource.resource == \"secrets\" && resource.labels.hasTag(\"team\") && \
                 resource.labels.getTag(\"team\") == \"{at}\" }};\nforbid (principal in k8s::Group::\"team-{at}\", action \
                 in k8s::Action::\"write\", resource is k8s::Resource) when {{ resource.namespace == \"frozen-{at}\" }};\n"
            )
        })
        .collect()
}

fn decisions(criterion: &mut Criterion) {
    for teams in [1, 10, 100] {
        let text = policies(teams);
        let (engine, _) = from_texts([("bench.cedar", text.as_str())]).expect("they are right");
        let engine = Arc::new(engine);
        let user = User {
            name: "jane".to_owned(),
            groups: vec!["team-0".to_owned(), "system:authenticated".to_owned()],
            ..User::default()
        };
        let what = What::Resource {
            group: "",
            resource: "secrets",
            subresource: "",
            namespace: "default",
            name: "",
        };
        criterion.bench_function(&format!("a request, {} policies", engine.len()), |bencher| {
            bencher.iter(|| engine.decide(black_box(&user), "list", &what));
        });
        let objects = engine
            .decide(&user, "list", &what)
            .objects
            .expect("labels are asked for");
        let labels = [("app", "shop"), ("team", "0")];
        let object = ObjectFacts {
            namespace: "default",
            name: "a",
            labels: &labels,
            annotations: &[],
        };
        criterion.bench_function(&format!("an object, {} policies", engine.len()), |bencher| {
            bencher.iter(|| objects.judge(black_box(&object)));
        });
    }
}

criterion_group!(benches, decisions);
criterion_main!(benches);
