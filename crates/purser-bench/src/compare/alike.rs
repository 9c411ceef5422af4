//! Whether somebody who may not know tells by the time of an answer: whether an object is there, whether a guess of a
//! value was right. Each question is asked in two ways, in turn, many times.

use std::io::Write as _;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method};
use serde::Serialize;
use serde_json::json;

use super::people::{self, post};
use super::statistics::{Apart, TOLD_APART, compare, median};
use crate::EXIT_OK;
use crate::cli::AlikeOptions;
use crate::client::{Call, Client};
use crate::error::Error;
use crate::kubeconfig::Login;
use crate::progress::Progress;
use crate::random::Random;
use crate::scene::{Scene, demand, refused};
use crate::target::{Target, login_of};

/// Who may nothing, and who may `patch` Secrets and not `get` them.
const NOBODY: &str = "purser-bench-nobody";
const BLIND: &str = "purser-bench-blind";
/// Objects of one length of name: two are there, one is not.
const THERE: &str = "there-1";
const OTHER: &str = "there-2";
const NONE: &str = "nowhere";
/// Bytes of the value that is guessed.
const VALUE: usize = 1024;
/// Not kept: the first of everything is slow.
const WARM_UP: u32 = 200;
/// A question that writes is asked this many times less often.
const WRITES_PART: u32 = 10;

/// Who asks.
#[derive(Clone, Copy)]
enum Who {
    Nobody,
    Blind,
    Admin,
}

/// What is asked in two ways.
#[derive(Clone, Copy)]
enum What {
    Get(&'static str),
    Patch(&'static str),
    /// A value in a patch that is not kept, right or wrong.
    Guess(bool),
    /// The same in one that is kept. A wrong guess changes the value.
    Keep(bool),
    /// A JSON Patch whose test is right or wrong.
    Test(bool),
}

struct Question {
    title: &'static str,
    who: Who,
    ways: [What; 2],
    /// Whether every answer is to be a refusal.
    refused: bool,
}

const QUESTIONS: [Question; 7] = [
    Question {
        title: "refused get: there or not",
        who: Who::Nobody,
        ways: [What::Get(THERE), What::Get(NONE)],
        refused: true,
    },
    Question {
        title: "refused patch: there or not",
        who: Who::Nobody,
        ways: [What::Patch(THERE), What::Patch(NONE)],
        refused: true,
    },
    Question {
        title: "refused get: one or another that is there (what chance does)",
        who: Who::Nobody,
        ways: [What::Get(THERE), What::Get(OTHER)],
        refused: true,
    },
    Question {
        title: "patch without get, dry run: the guess is right or wrong",
        who: Who::Blind,
        ways: [What::Guess(true), What::Guess(false)],
        refused: false,
    },
    Question {
        title: "patch without get, kept: the guess is right or wrong",
        who: Who::Blind,
        ways: [What::Keep(true), What::Keep(false)],
        refused: false,
    },
    Question {
        title: "JSON Patch test without get: right or wrong",
        who: Who::Blind,
        ways: [What::Test(true), What::Test(false)],
        refused: true,
    },
    Question {
        title: "get by who may: there or not (what is not hidden)",
        who: Who::Admin,
        ways: [What::Get(THERE), What::Get(NONE)],
        refused: false,
    },
];

/// One question's row.
#[derive(Debug, Serialize)]
struct Row {
    question: &'static str,
    /// Of each way.
    samples: usize,
    median_us: [f64; 2],
    #[serde(flatten)]
    apart: Apart,
    told_apart: bool,
}

/// Everybody who asks, and what the value is now.
struct Cast {
    nobody: Client,
    blind: Client,
    admin: Client,
    collection: String,
    values: [String; 2],
    /// Which of the values is kept.
    kept: usize,
}

/// Makes people and objects, asks, cleans up.
///
/// # Errors
/// When there is no measurement.
pub(crate) fn run(options: &AlikeOptions) -> Result<u8, Error> {
    let login = login_of(options.at.kubeconfig.clone(), options.at.context.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let rows = runtime.block_on(measure(options, &login))?;
    let mut out = std::io::stdout().lock();
    if options.at.json {
        serde_json::to_writer_pretty(&mut out, &rows).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(EXIT_OK);
    }
    writeln!(
        out,
        "{:<62} {:>7} {:>9} {:>9} {:>6} {:>7} {:>7}",
        "", "samples", "p50 us", "p50 us", "AUC", "z", "t"
    )?;
    for row in &rows {
        let [first, second] = row.median_us;
        let Apart { auc, z, welch_t } = row.apart;
        let verdict = if row.told_apart { "told apart" } else { "alike" };
        writeln!(
            out,
            "{:<62} {:>7} {first:>9.1} {second:>9.1} {auc:>6.3} {z:>7.1} {welch_t:>7.1}  {verdict}",
            row.question, row.samples
        )?;
    }
    Ok(EXIT_OK)
}

async fn measure(options: &AlikeOptions, login: &Login) -> Result<Vec<Row>, Error> {
    let target = Target::from_login(login)?;
    let accept = HeaderValue::from_static("application/json");
    let mut admin = Client::connect(&target, &accept).await?;
    let scene = Scene::new();
    scene.create(&mut admin).await?;
    let outcome = tokio::select! {
        outcome = ask_all(options, login, admin, &accept, &scene) => outcome,
        _ = tokio::signal::ctrl_c() => Err(Error::Interrupted),
    };
    scene.remove(&target, &accept).await?;
    outcome
}

async fn ask_all(
    options: &AlikeOptions,
    login: &Login,
    mut admin: Client,
    accept: &HeaderValue,
    scene: &Scene,
) -> Result<Vec<Row>, Error> {
    let values = prepare(&mut admin, scene).await?;
    let mut people = Vec::new();
    for user in [NOBODY, BLIND] {
        let login = people::login(&mut admin, login, user).await?;
        people.push(Client::connect(&Target::from_login(&login)?, accept).await?);
    }
    let (Some(blind), Some(nobody)) = (people.pop(), people.pop()) else {
        return Err(refused("nobody asks", String::new()));
    };
    let mut cast = Cast {
        nobody,
        blind,
        admin,
        collection: scene.collection(),
        values,
        kept: 0,
    };
    let mut rows = Vec::new();
    for question in &QUESTIONS {
        rows.push(ask(&mut cast, question, options.samples).await?);
    }
    Ok(rows)
}

/// Makes the Secrets and the rights; answers the two values that are guessed, of which the first is kept.
async fn prepare(admin: &mut Client, scene: &Scene) -> Result<[String; 2], Error> {
    let mut random = Random::new(1);
    let values = [random.bytes(VALUE), random.bytes(VALUE)].map(|bytes| STANDARD.encode(bytes));
    let [value, _] = &values;
    for name in [THERE, OTHER] {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": {"value": value}});
        demand(admin, post(&scene.collection(), &secret), "cannot make a Secret").await?;
    }
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "blind"},
        "rules": [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["patch"]}]});
    let binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "blind"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "blind"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": BLIND}]});
    for (plural, object) in [("roles", role), ("rolebindings", binding)] {
        demand(admin, post(&scene.rbac(plural), &object), "cannot give rights").await?;
    }
    Ok(values)
}

async fn ask(cast: &mut Cast, question: &Question, samples: u32) -> Result<Row, Error> {
    let [first, _] = question.ways;
    let part = if matches!(first, What::Keep(_)) {
        WRITES_PART
    } else {
        1
    };
    let samples = (samples / part).max(2);
    let progress = Progress::counting(question.title, u64::from(samples));
    let mut random = Random::new(u64::from(samples));
    let mut micros = [Vec::new(), Vec::new()];
    for number in 0..samples + WARM_UP / part {
        // In any order, so that what comes after what tells nothing.
        let mut order = [0, 1];
        if random.below(2) == 1 {
            order.reverse();
        }
        for way in order {
            let (Some(&what), Some(kept)) = (question.ways.get(way), micros.get_mut(way)) else {
                continue;
            };
            let took = cast.time(question, what).await?;
            if number >= WARM_UP / part {
                kept.push(took);
            }
        }
        progress.step();
    }
    progress.finish();
    let [first, second] = &micros;
    let apart = compare(first, second);
    Ok(Row {
        question: question.title,
        samples: first.len(),
        median_us: [median(first), median(second)],
        apart,
        told_apart: apart.z.abs() > TOLD_APART,
    })
}

impl Cast {
    /// Asks once, and answers how many microseconds it took.
    async fn time(&mut self, question: &Question, what: What) -> Result<f64, Error> {
        let call = self.call(what);
        let client = match question.who {
            Who::Nobody => &mut self.nobody,
            Who::Blind => &mut self.blind,
            Who::Admin => &mut self.admin,
        };
        let begun = Instant::now();
        let answered = client.read(call).await;
        let took = begun.elapsed();
        let (status, body) = answered.map_err(|error| refused(question.title, told(&error)))?;
        let missing = matches!(what, What::Get(NONE)) && !question.refused;
        let expected = match (question.refused, missing) {
            (true, _) => 403,
            (false, true) => 404,
            (false, false) => 200,
        };
        if status != expected {
            let said = String::from_utf8_lossy(&body).into_owned();
            return Err(refused(question.title, format!("{status} {said}")));
        }
        if let What::Keep(false) = what {
            self.kept = 1 - self.kept;
        }
        Ok(took.as_secs_f64() * 1e6)
    }

    fn call(&self, what: What) -> Call {
        let path = |name: &str| format!("{}/{name}", self.collection);
        let patch = |name: &str, more: &str, body: String| Call {
            method: Method::PATCH,
            path: format!("{}{more}", path(name)),
            body: Bytes::from(body),
        };
        let value = |right: bool| {
            let which = if right { self.kept } else { 1 - self.kept };
            self.values.get(which).map_or("", String::as_str)
        };
        let guess = |right| json!({"data": {"value": value(right)}}).to_string();
        match what {
            What::Get(name) => Call::get(path(name)),
            // Without a body: nobody reads it.
            What::Patch(name) => patch(name, "", String::new()),
            What::Guess(right) => patch(THERE, "?dryRun=All", guess(right)),
            What::Keep(right) => patch(THERE, "", guess(right)),
            What::Test(right) => {
                let test = json!([{"op": "test", "path": "/data/value", "value": value(right)}]);
                patch(THERE, "?dryRun=All", test.to_string())
            }
        }
    }
}

/// An error of the connection with what is behind it.
fn told(error: &hyper::Error) -> String {
    let behind = std::error::Error::source(error).map(ToString::to_string);
    behind.map_or_else(|| error.to_string(), |behind| format!("{error}: {behind}"))
}
