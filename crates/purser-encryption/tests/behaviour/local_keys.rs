//! The directory of local keys.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use purser_encryption::{
    Envelope, KeyFileError, KeyFiles, KeyHolder as _, LOCAL_PROVIDER, LocalKeyHolder, Transformer as _,
};

use crate::tamper::{open, seal};

const KEY: &str = "/registry/secrets/default/a";

fn keys() -> (tempfile::TempDir, PathBuf, String) {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("a/keys");
    let id = LocalKeyHolder::generate(&directory).unwrap();
    (home, directory, id)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn refusal(directory: &Path) -> String {
    match LocalKeyHolder::load(directory) {
        Ok(_) => "loaded".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn envelope(directory: &Path) -> Envelope {
    Envelope::new(LOCAL_PROVIDER, Arc::new(LocalKeyHolder::load(directory).unwrap()))
}

#[test]
fn what_is_made_is_private_and_complete() {
    let (_home, directory, id) = keys();
    assert_eq!(mode(&directory), 0o700);
    let mut names: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, [format!("{id}.key").as_str(), "primary"]);
    for name in names {
        assert_eq!(mode(&directory.join(name)), 0o600);
    }
    let holder = LocalKeyHolder::load(&directory).unwrap();
    assert_eq!(holder.primary(), id);
    assert!(id.starts_with("local-") && id.len() == 38, "{id}");
}

#[test]
fn what_others_can_reach_is_refused_with_the_command_that_helps() {
    let (_home, directory, id) = keys();
    let file = directory.join(format!("{id}.key"));
    set_mode(&file, 0o644);
    let file = file.display();
    assert_eq!(
        refusal(&directory),
        format!("{file} is open to others (mode 0644): run `chmod 600 {file}`")
    );
    set_mode(Path::new(&file.to_string()), 0o600);
    set_mode(&directory.join("primary"), 0o620);
    assert!(refusal(&directory).contains("run `chmod 600 "));
    set_mode(&directory.join("primary"), 0o600);
    set_mode(&directory, 0o750);
    let shown = directory.display();
    let expected = format!("{shown} is open to others (mode 0750): run `chmod 700 {shown}`");
    assert_eq!(refusal(&directory), expected);
    assert_eq!(
        LocalKeyHolder::generate(&directory).unwrap_err().to_string(),
        expected
    );
    set_mode(&directory, 0o700);
    assert_eq!(refusal(&directory), "loaded");
}

#[test]
fn links_and_other_things_in_place_of_a_key_are_refused() {
    let (_home, directory, id) = keys();
    let file = directory.join(format!("{id}.key"));
    let elsewhere = directory.join("elsewhere");
    fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    let refused = refusal(&directory);
    assert!(
        refused.contains("is a symbolic link, which is not followed: put the key file itself there"),
        "{refused}"
    );
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert!(refusal(&directory).ends_with("is not a regular file"));
}

#[test]
fn damaged_renamed_and_oversized_files_are_refused() {
    let (_home, directory, id) = keys();
    let file = directory.join(format!("{id}.key"));
    let whole = fs::read(&file).unwrap();
    let put = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        refusal(&directory)
    };
    assert!(put(&whole[..whole.len() - 1]).contains("it is cut off"));
    assert!(put(b"").contains("it is cut off"));
    assert!(put(&[b'x'; 4096]).contains("it is too long"));
    assert_eq!(put(&whole), "loaded");
    fs::rename(&file, directory.join("local-0.key")).unwrap();
    assert!(refusal(&directory).contains("its name is not its id"));
}

#[test]
fn an_empty_directory_and_a_missing_one_are_told_apart() {
    let home = tempfile::tempdir().unwrap();
    set_mode(home.path(), 0o700);
    assert!(matches!(
        LocalKeyHolder::load(home.path()),
        Err(KeyFileError::NoKeys(_))
    ));
    assert!(matches!(
        LocalKeyHolder::load(&home.path().join("none")),
        Err(KeyFileError::Io { .. })
    ));
}

#[test]
fn a_second_key_writes_and_the_first_still_reads() {
    let (_home, directory, first) = keys();
    let old = seal(&envelope(&directory), KEY, b"x");
    let second = LocalKeyHolder::generate(&directory).unwrap();
    let both = envelope(&directory);
    both.refresh().now_or_never().unwrap().unwrap();
    assert_eq!(both.info().key_id, second);
    let opened = open(&both, KEY, &old).unwrap();
    assert!(opened.stale);
    assert_eq!(opened.plaintext.expose(), b"x");
    let ids = LocalKeyHolder::load(&directory).unwrap();
    let mut expected = [first, second];
    expected.sort();
    assert_eq!(ids.key_ids().collect::<Vec<_>>(), expected);
}

#[test]
fn the_primary_key_is_the_one_named_and_never_guessed_among_several() {
    let (_home, directory, first) = keys();
    let primary = directory.join("primary");
    fs::remove_file(&primary).unwrap();
    assert_eq!(
        LocalKeyHolder::load(&directory).unwrap().primary(),
        first,
        "the only key there is"
    );
    LocalKeyHolder::generate(&directory).unwrap();
    fs::write(&primary, format!("{first}\n")).unwrap();
    set_mode(&primary, 0o600);
    assert_eq!(LocalKeyHolder::load(&directory).unwrap().primary(), first);
    fs::write(&primary, "local-none\n").unwrap();
    assert!(matches!(
        LocalKeyHolder::load(&directory),
        Err(KeyFileError::NoPrimary { .. })
    ));
    fs::remove_file(&primary).unwrap();
    assert!(matches!(
        LocalKeyHolder::load(&directory),
        Err(KeyFileError::NoPrimary { .. })
    ));
}

#[test]
fn what_a_power_failure_left_unfinished_is_ignored_and_cleared() {
    let (_home, directory, id) = keys();
    let left = directory.join(".primary.unfinished");
    fs::write(&left, "half").unwrap();
    assert_eq!(LocalKeyHolder::load(&directory).unwrap().primary(), id);
    LocalKeyHolder::generate(&directory).unwrap();
    assert!(!left.exists());
}

#[test]
fn values_survive_a_restart() {
    let (_home, directory, _) = keys();
    let sealed = seal(&envelope(&directory), KEY, b"x");
    let opened = open(&envelope(&directory), KEY, &sealed).unwrap();
    assert_eq!(opened.plaintext.expose(), b"x");
}

#[tokio::test(start_paused = true)]
async fn a_key_file_that_is_put_back_is_noticed_within_a_minute_and_a_directory_that_goes_costs_nothing() {
    let (home, directory, id) = keys();
    let file = directory.join(format!("{id}.key"));
    let away = home.path().join("away.key");
    let second = LocalKeyHolder::generate(&directory).unwrap();
    let files = Arc::new(KeyFiles::open(&directory).unwrap());
    let wrapped = files.wrap(b"secret").await.unwrap();
    assert!([&id, &second].contains(&&wrapped.key_id));
    let reader = Arc::clone(&files);
    let reading = tokio::spawn(async move { reader.keep_reading().await });
    let moved = directory.with_extension("moved");
    fs::rename(&directory, &moved).unwrap();
    tokio::time::sleep(Duration::from_secs(61)).await;
    wait_for(|| files.key_ids().len() == 2).await;
    fs::rename(&moved, &directory).unwrap();
    fs::write(directory.join("primary"), &second).unwrap();
    fs::rename(&file, &away).unwrap();
    wait_for(|| files.key_ids() == [second.clone()]).await;
    fs::rename(&away, &file).unwrap();
    wait_for(|| files.key_ids().len() == 2).await;
    reading.abort();
}

async fn wait_for(is_so: impl Fn() -> bool) {
    for _ in 0..200 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    panic!("it did not come to pass");
}
