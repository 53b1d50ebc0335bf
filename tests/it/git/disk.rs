//! The registry's folder as it lies on disk, and what git's index adds.
#![expect(clippy::disallowed_methods, reason = "tests make odd files")]

use std::os::unix::fs::{PermissionsExt, symlink};

use gazette::{
    adapters::{
        disk,
        git::{Repository, blob_id},
    },
    checkout::{Blob, Checkout, Kind},
    digest::GitId,
};

use super::story::{PREFIX, Repo};

fn lying(repo: &Repo) -> Checkout {
    repo.open().lying(&repo.file("registry-data"), PREFIX).expect("files")
}

fn shown(checkout: &Checkout) -> Vec<String> {
    checkout.items.iter().map(|item| format!("{} {:?}", &item.path[checkout.prefix.len()..], item.kind)).collect()
}

/// Sets the clock of the index forward, so that no file counts as changed at the same moment.
fn settle(repo: &Repo) {
    repo.git(&["update-index", "-q", "--refresh"]);
    let index = std::fs::File::options().write(true).open(repo.file(".git/index")).expect("an index");
    let later = index.metadata().and_then(|meta| meta.modified()).expect("a time") + std::time::Duration::from_secs(2);
    index.set_modified(later).expect("a time");
}

#[test]
fn kinds_come_from_the_disk_and_links_are_not_followed() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1")
        .entry("a/b-c", "1.0.0", "2")
        .write("registry-data/run", "3")
        .write("registry-data/sub/f", "4");
    std::fs::set_permissions(repo.file("registry-data/run"), std::fs::Permissions::from_mode(0o755)).expect("a mode");
    symlink("servers", repo.file("registry-data/link")).expect("a link");
    symlink("nowhere", repo.file("registry-data/servers/broken")).expect("a link");
    repo.git(&["init", "-q", "registry-data/sub"]);
    std::os::unix::net::UnixListener::bind(repo.file("registry-data/socket")).expect("a socket");
    std::fs::create_dir(repo.file("registry-data/empty")).expect("a folder");
    let checkout = disk::list(&repo.file("registry-data"), PREFIX, &disk::NoIndex).expect("files");
    let expected = [
        "link Symlink",
        "run Executable",
        "servers/a/b-c/1.0.0.json File",
        "servers/a/b/1.0.0.json File",
        "servers/broken Symlink",
        "sub Submodule",
    ];
    assert_eq!(shown(&checkout), expected);
    assert!(checkout.items.iter().all(|item| item.id.is_none()));
    assert_eq!(shown(&lying(&repo)), expected);
    let mut reader = checkout.store.reader();
    let mut read = |at: usize, cap| reader.read(&checkout.items[at], cap).map_err(|error| format!("{error:#}"));
    assert_eq!(read(0, 100), Ok(Blob::Bytes(b"servers".to_vec())));
    assert_eq!(read(3, 1), Ok(Blob::Bytes(b"1".to_vec())));
    assert_eq!(read(3, 0), Ok(Blob::Large(1)));
    assert_eq!(read(5, 1), Err("`registry-data/sub` is a submodule and has no bytes".to_owned()));
}

#[test]
fn ids_come_from_the_index_only_for_what_git_saw() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").entry("a/b", "2.0.0", "2").entry("a/b", "3.0.0", "3").commit(0);
    settle(&repo);
    let ids = |checkout: &Checkout| checkout.items.iter().map(|item| item.id).collect::<Vec<Option<GitId>>>();
    let known = |bytes: &[u8]| Some(blob_id(bytes));
    assert_eq!(ids(&lying(&repo)), [known(b"1"), known(b"2"), known(b"3")]);
    repo.entry("a/b", "2.0.0", "x");
    std::fs::set_permissions(repo.file("registry-data/servers/a/b/3.0.0.json"), std::fs::Permissions::from_mode(0o755))
        .expect("a mode");
    repo.entry("a/b", "4.0.0", "new");
    let mut checkout = lying(&repo);
    assert_eq!(ids(&checkout), [known(b"1"), None, None, None]);
    assert_eq!(checkout.items[2].kind, Kind::Executable);
    disk::identify(&mut checkout).expect("readable files");
    assert_eq!(ids(&checkout), [known(b"1"), known(b"x"), known(b"3"), known(b"new")]);
}

#[test]
fn a_file_changed_in_the_moment_of_the_index_is_read() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").commit(0);
    let file = std::fs::File::options().write(true).open(repo.file("registry-data/servers/a/b/1.0.0.json")).expect("a file");
    let index = std::fs::metadata(repo.file(".git/index")).and_then(|meta| meta.modified()).expect("a time");
    file.set_modified(index).expect("a time");
    assert_eq!(lying(&repo).items[0].id, None);
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_still_there() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").entry("c/d", "1.0.0", "2").write("registry-data/registry.toml", "3").commit(0);
    let whole = shown(&lying(&repo));
    for sparse_index in ["--no-sparse-index", "--sparse-index"] {
        repo.git(&["sparse-checkout", "set", "--cone", sparse_index, "registry-data/servers/a"]);
        assert!(!repo.file("registry-data/servers/c").exists());
        let mut checkout = lying(&repo);
        assert_eq!(shown(&checkout), whole, "{sparse_index}");
        disk::identify(&mut checkout).expect("readable files");
        let item = checkout.get("registry-data/servers/c/d/1.0.0.json").expect("a file");
        assert_eq!(checkout.store.reader().read(item, 10).expect("bytes"), Blob::Bytes(b"2".to_vec()));
        repo.git(&["sparse-checkout", "disable"]);
    }
}

#[test]
fn linked_work_trees_and_folders_within_know_where_they_are() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").commit(0);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let tree = elsewhere.path().join("tree");
    repo.git(&["worktree", "add", "-q", "--detach", &tree.display().to_string()]);
    let linked = Repository::discover(&tree.join("registry-data")).expect("it opens").expect("it is there");
    assert_eq!(linked.prefix(&tree.join("registry-data")).expect("inside"), "registry-data/");
    assert_eq!(linked.prefix(&tree).expect("inside"), "");
    assert!(linked.prefix(repo.path()).is_err());
    let common = disk::real_path(linked.common_dir()).expect("a folder");
    assert_eq!(common, disk::real_path(&repo.file(".git")).expect("a folder"));
    let checkout = linked.lying(&tree.join("registry-data"), PREFIX).expect("files");
    assert_eq!(shown(&checkout), ["servers/a/b/1.0.0.json File"]);
    assert_eq!(linked.history(linked.head().expect("a commit"), PREFIX).expect("a history").serial(), 1);
}

#[test]
fn errors_name_what_was_tried_and_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("missing");
    let shown = path.display();
    assert_eq!(disk::read_text(&path).expect_err("missing").to_string(), format!("could not read `{shown}`"));
    assert_eq!(disk::list(&path, "", &disk::NoIndex).expect_err("missing").to_string(), format!("could not list `{shown}`"));
    let deep = path.join("file");
    assert_eq!(disk::write(&deep, b"x").expect_err("no folder").to_string(), format!("could not write `{}`", deep.display()));
    disk::create_dir(&path).expect("a folder");
    disk::write(&deep, b"x").expect("a file");
    disk::write(&deep, b"y").expect("a file");
    assert_eq!(disk::read(&deep).expect("a file"), b"y");
    assert_eq!(path.read_dir().expect("a folder").count(), 1, "nothing is left beside it");
}
