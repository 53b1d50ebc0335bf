//! Merging in memory: what git would make of it, and nothing written.
#![expect(clippy::disallowed_methods, reason = "tests make links and set modes")]

use gazette::{
    adapters::{
        disk,
        git::{Merged, Repository, Tree, blob_id},
    },
    checkout::{Blob, Kind},
    digest::GitId,
};

use super::story::{PREFIX, Repo, way_out};

/// Ten lines, so that changes at both ends merge.
fn lines(first: &str, last: &str) -> String {
    format!("{first}\n2\n3\n4\n5\n6\n7\n8\n9\n{last}\n")
}

fn merge(repo: &Repo, base: &str, head: &str) -> Merged {
    let repository = repo.open();
    let (base, head) = (repository.resolve(base).expect("a commit"), repository.resolve(head).expect("a commit"));
    let before = repo.git_files();
    let (base, head) = (repository.point(base).expect("a tree"), repository.point(head).expect("a tree"));
    let merged = repository.merge(&base, &head).expect("a merge");
    assert_eq!(repo.git_files(), before, "nothing is written");
    merged
}

/// The tree of a merge that git must agree with.
fn agreed(repo: &Repo, base: &str, head: &str) -> Tree {
    let Merged::Tree(tree) = merge(repo, base, head) else { panic!("a tree, not {:?}", merge(repo, base, head)) };
    let (clean, id) = repo.try_git(&["merge-tree", "--write-tree", base, head]);
    assert!(clean, "git sees a conflict: {id}");
    assert_eq!(tree.id.to_string(), id, "git makes another tree");
    tree
}

fn shown(touched: &[gazette::change::Difference]) -> Vec<String> {
    let side = |side: Option<gazette::change::Side>| side.map_or("-".to_owned(), |side| format!("{:?}", side.kind));
    touched.iter().map(|touched| format!("{} {} {}", touched.path, side(touched.before), side(touched.after))).collect()
}

fn bytes(repository: &Repository, tree: &Tree, path: &str) -> Vec<u8> {
    let checkout = repository.checkout(tree, "").expect("files");
    match checkout.store.reader().read(checkout.get(path).expect("a file"), 1 << 20).expect("bytes") {
        Blob::Bytes(bytes) => bytes,
        Blob::Large(size) => panic!("{size} bytes"),
    }
}

/// A base commit, a commit of `theirs` on it, and then one of ours on `main`.
fn forked(base: impl Fn(&Repo), ours: impl Fn(&Repo), theirs: impl Fn(&Repo)) -> Repo {
    let repo = Repo::new();
    base(&repo);
    repo.commit(0);
    repo.switch("theirs");
    theirs(&repo);
    repo.commit(10);
    repo.switch("main");
    ours(&repo);
    repo.commit(20);
    repo
}

#[test]
fn both_sides_changes_come_together() {
    let repo = forked(
        |repo| _ = repo.write("f", &lines("1", "10")).write("g", "g"),
        |repo| _ = repo.write("f", &lines("ours", "10")).write("new/ours", "o"),
        |repo| _ = repo.write("f", &lines("1", "theirs")).write("new/theirs", "t").remove("g"),
    );
    let tree = agreed(&repo, "main", "theirs");
    let repository = repo.open();
    assert_eq!(String::from_utf8_lossy(&bytes(&repository, &tree, "f")), lines("ours", "theirs"));
    let base = repository.tree(repo.id("main")).expect("a tree");
    let touched = repository.difference(&base, &tree).expect("a difference");
    assert_eq!(shown(&touched), ["f File File", "g File -", "new/theirs - File"]);
    assert_eq!(touched[0].after.expect("a file").id, blob_id(lines("ours", "theirs").as_bytes()));
}

#[test]
fn fast_forwards_and_what_is_merged_already() {
    let repo = Repo::new();
    repo.write("f", "1").commit(0);
    repo.switch("theirs").write("f", "2").commit(10);
    let repository = repo.open();
    let id = |rev: &str| repository.tree(repo.id(rev)).expect("a tree").id;
    assert_eq!(agreed(&repo, "main", "theirs").id, id("theirs"));
    assert_eq!(agreed(&repo, "theirs", "main").id, id("theirs"));
    assert_eq!(agreed(&repo, "theirs", "theirs").id, id("theirs"));
}

#[test]
fn conflicts_name_their_paths() {
    let repo = forked(
        |repo| _ = repo.write("both", "1").write("gone", "1").write("kept", "1"),
        |repo| _ = repo.write("both", "ours").remove("gone").write("added", "ours"),
        |repo| _ = repo.write("both", "theirs").write("gone", "theirs").write("added", "theirs"),
    );
    let Merged::Conflicts(paths) = merge(&repo, "main", "theirs") else { panic!("conflicts") };
    assert_eq!(paths, ["added", "both", "gone"].map(Box::from));
    assert!(!repo.try_git(&["merge-tree", "--write-tree", "main", "theirs"]).0);
}

#[test]
fn a_rename_on_one_side_takes_the_other_sides_change_along() {
    let repo = forked(
        |repo| _ = repo.write("old", &lines("1", "10")),
        |repo| _ = repo.git(&["mv", "old", "new"]),
        |repo| _ = repo.write("old", &lines("1", "theirs")),
    );
    let tree = agreed(&repo, "main", "theirs");
    let repository = repo.open();
    assert_eq!(String::from_utf8_lossy(&bytes(&repository, &tree, "new")), lines("1", "theirs"));
    let head = repository.tree(repo.id("theirs")).expect("a tree");
    assert_eq!(shown(&repository.difference(&head, &tree).expect("a difference")), ["new - File", "old File -"]);
}

#[test]
fn modes_links_submodules_and_folders_are_told_apart() {
    let repo = Repo::new();
    repo.write("exec", "1").write("link", "1").write("file", "1").write("dir/a", "1").write("module", "1").commit(0);
    repo.switch("theirs");
    repo.remove("link").remove("file").remove("module");
    repo.git(&["rm", "-q", "-r", "dir"]);
    repo.write("file/inside", "2").write("dir", "2");
    let id = repo.id("HEAD").to_string();
    repo.git(&["update-index", "--chmod=+x", "exec"]);
    let blob = repo.object("blob", b"elsewhere").to_string();
    repo.git(&["rm", "-q", "--cached", "link", "module", "file"]);
    repo.git(&["add", "dir", "file/inside"]);
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("120000,{blob},link")]);
    repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},module")]);
    repo.git(&["commit", "-q", "-m", "kinds"]);
    let tree = agreed(&repo, "main", "theirs");
    let repository = repo.open();
    let base = repository.tree(repo.id("main")).expect("a tree");
    assert_eq!(
        shown(&repository.difference(&base, &tree).expect("a difference")),
        [
            "dir - File",
            "dir/a File -",
            "exec File Executable",
            "file File -",
            "file/inside - File",
            "link File Symlink",
            "module File Submodule",
        ]
    );
}

#[cfg(unix)]
#[test]
fn kinds_also_come_through_a_true_merge() {
    let repo = forked(
        |repo| _ = repo.write("link", "1").write("f", "1"),
        |repo| _ = repo.write("f", "2"),
        |repo| {
            repo.remove("link");
            std::os::unix::fs::symlink("/etc/passwd", repo.file("link")).expect("a link");
            let id = repo.id("HEAD").to_string();
            repo.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},{PREFIX}servers/a/b")]);
            std::fs::create_dir_all(repo.file(&format!("{PREFIX}servers/a/b"))).expect("a folder");
        },
    );
    let tree = agreed(&repo, "main", "theirs");
    let repository = repo.open();
    let base = repository.tree(repo.id("main")).expect("a tree");
    let touched = repository.difference(&base, &tree).expect("a difference");
    assert_eq!(shown(&touched), ["link File Symlink", "registry-data/servers/a/b - Submodule"]);
    assert_eq!(bytes(&repository, &tree, "link"), b"/etc/passwd");
}

#[test]
fn crossed_histories_have_many_bases_and_strangers_none() {
    let repo = Repo::new();
    repo.write("f", "1").commit(0);
    repo.switch("theirs").write("t", "1").commit(10);
    repo.switch("main").write("o", "1").commit(20);
    let (ours, theirs) = (repo.id("main").to_string(), repo.id("theirs").to_string());
    repo.merge(30, &theirs);
    repo.write("f", "2").commit(40);
    repo.switch("theirs").merge(50, &ours);
    repo.write("t", "2").commit(60);
    assert!(matches!(merge(&repo, "main", "theirs"), Merged::ManyBases(2)));
    repo.git(&["checkout", "-q", "--orphan", "stranger"]);
    repo.write("f", "3").commit(70);
    assert!(matches!(merge(&repo, "main", "stranger"), Merged::Unrelated));
}

#[test]
fn a_shallow_clone_cannot_tell_strangers() {
    let repo = forked(|repo| _ = repo.write("f", "1"), |repo| _ = repo.write("o", "1"), |repo| _ = repo.write("t", "1"));
    let clone = repo.cloned(&["--depth=1", "--no-single-branch"]);
    let repository = clone.open();
    let point = |rev: &str| repository.point(clone.id(rev)).expect("a tree");
    let error = repository.merge(&point("origin/main"), &point("origin/theirs")).expect_err("nothing in common is in sight");
    assert!(way_out(&error).1.contains("--unshallow"));
}

#[test]
fn what_the_repository_configures_is_not_executed() {
    let repo = forked(
        |repo| _ = repo.write("f", "1").write(".gitattributes", "* merge=evil filter=evil diff=evil\n"),
        |repo| _ = repo.write("f", "ours"),
        |repo| _ = repo.write("f", "theirs"),
    );
    let mark = repo.file("executed");
    let touch = format!("touch {}", mark.display());
    for key in ["merge.evil.driver", "filter.evil.smudge", "filter.evil.clean", "diff.evil.textconv", "core.fsmonitor"] {
        repo.git(&["config", key, &touch]);
    }
    assert!(matches!(merge(&repo, "main", "theirs"), Merged::Conflicts(_)));
    let repository = repo.open();
    repository.lying(repo.path(), "").expect("files");
    assert!(!mark.exists());
}

#[test]
fn hostile_trees_are_refused_before_anything_walks_them() {
    let repo = Repo::new();
    repo.write("f", "1").commit(0);
    let base = repo.id("HEAD");
    let blob = repo.object("blob", b"2");
    let twice = repo.raw_tree(&[("100644", b"f", blob), ("100644", b"f", blob)]);
    let unsorted = repo.raw_tree(&[("100644", b"g", blob), ("100644", b"f", blob)]);
    let slash = repo.raw_tree(&[("100644", b"a/b", blob)]);
    let cut = repo.object("tree", b"100644 f\0short");
    let names: Vec<[u8; 1]> = (0x80..=0xff).map(|name| [name]).collect();
    let full = |mode, id| repo.raw_tree(&names.iter().map(|name| (mode, &name[..], id)).collect::<Vec<(&str, &[u8], GitId)>>());
    let bomb = (0..6).fold(full("100644", blob), |below, _| full("40000", below));
    let repository = repo.open();
    let ours = repository.point(base).expect("a tree");
    for (tree, why) in [(bomb, "more than"), (twice, "order"), (unsorted, "order"), (slash, "slash"), (cut, "cut off")] {
        let head = repo.commit_tree(10, tree, &[base]);
        let theirs = repository.point(head).expect("a tree");
        let error = repository.difference(&ours.tree, &theirs.tree).expect_err(why);
        assert!(format!("{error:#}").contains(why), "{error:#}");
        assert!(tree == bomb || repository.checkout(&theirs.tree, "").is_err(), "{why}");
    }
}

#[test]
fn names_that_are_no_text_are_shown_and_read() {
    let repo = Repo::new();
    let blob = repo.object("blob", b"x");
    let tree = repo.raw_tree(&[("100644", b"\\xff", blob), ("100644", b"a\nb", blob), ("100644", b"\xff", blob)]);
    let repository = repo.open();
    let tree = repository.tree(repo.commit_tree(0, tree, &[])).expect("a tree");
    let empty = repository.tree(repo.commit_tree(0, repo.raw_tree(&[]), &[])).expect("a tree");
    let touched = repository.difference(&empty, &tree).expect("a difference");
    assert_eq!(shown(&touched), ["\\x5cxff - File", "\\xff - File", "a\nb - File"]);
    assert_eq!(bytes(&repository, &tree, "\\xff"), b"x");
}

#[cfg(unix)]
#[test]
fn the_work_tree_merges_like_a_commit() {
    let repo = forked(
        |repo| _ = repo.entry("a/b", "1.0.0", "1").write("outside", "1"),
        |repo| _ = repo.entry("a/b", "2.0.0", "2"),
        |repo| _ = repo.write("outside", "2"),
    );
    repo.switch("theirs").entry("a/c", "1.0.0", "not committed").remove_entry("a/b", "1.0.0");
    std::os::unix::fs::symlink("1.0.0.json", repo.file(&format!("{PREFIX}servers/a/c/link"))).expect("a link");
    let before = repo.git_files();
    let repository = repo.open();
    let (base, head) = (repository.point(repo.id("main")).expect("a tree"), repository.point(repo.id("theirs")).expect("a tree"));
    let lying = repository.lying(&repo.file("registry-data"), PREFIX).expect("files");
    let tree = repository.working_tree(&head.tree, &lying).expect("a tree");
    let head = gazette::adapters::git::Point { tree, ..head };
    let Merged::Tree(merged) = repository.merge(&base, &head).expect("a merge") else { panic!("a tree") };
    let touched = repository.difference(&base.tree, &merged).expect("a difference");
    assert_eq!(
        shown(&touched),
        [
            "outside File File",
            "registry-data/servers/a/b/1.0.0.json File -",
            "registry-data/servers/a/c/1.0.0.json - File",
            "registry-data/servers/a/c/link - Symlink",
        ]
    );
    assert_eq!(bytes(&repository, &merged, "registry-data/servers/a/c/1.0.0.json"), b"not committed");
    assert_eq!(repo.git_files(), before, "nothing is written");
    repo.git(&["add", "-A"]);
    assert_eq!(head.tree.id.to_string(), repo.git(&["write-tree"]), "git makes the same tree");
}

#[test]
fn a_registry_that_is_gone_from_the_work_tree_leaves_no_folder() {
    let repo = Repo::new();
    repo.entry("a/b", "1.0.0", "1").write("outside", "1").commit(0);
    repo.git(&["rm", "-q", "-r", "registry-data"]);
    std::fs::create_dir_all(repo.file("registry-data/servers")).expect("a folder");
    let repository = repo.open();
    let head = repository.tree(repo.id("HEAD")).expect("a tree");
    let mut lying = repository.lying(&repo.file("registry-data"), PREFIX).expect("files");
    disk::identify(&mut lying).expect("nothing to read");
    assert_eq!(repository.working_tree(&head, &lying).expect("a tree").id.to_string(), repo.git(&["write-tree"]));
    assert!(lying.items.iter().all(|item| item.kind == Kind::File));
}
