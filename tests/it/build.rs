//! What `gazette build` does to a folder: what it leaves alone, what it takes away, and what becomes of a build that dies.

mod trouble;

use std::{collections::BTreeMap, fs, path::Path};

use crate::{
    gazette::{command, gazette, run},
    repo::{File, Repo, put},
    site::{differences, tree},
};

const CONFIG: &str = "title = \"T\"\nbase_url = \"https://registry.example.com\"\n";

/// One entry of a registry, and where it lies.
fn entry(name: &str, version: &str, description: &str) -> File {
    let text = format!(
        "{{\"$schema\":\"https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json\",\
         \"name\":\"{name}\",\"description\":\"{description}\",\"version\":\"{version}\"}}"
    );
    File::new(&format!("registry-data/servers/{name}/{version}.json"), text)
}

fn config(more: &str) -> File {
    File::new("registry-data/registry.toml", format!("{CONFIG}{more}"))
}

/// A repository with these commits, checked out at the first, and the ids of all.
fn story(trees: &[Vec<File>]) -> (Repo, Vec<String>) {
    let repo = Repo::new();
    let ids = repo.commit_trees(trees);
    at(&repo, &ids[0]);
    (repo, ids)
}

fn at(repo: &Repo, commit: &str) {
    repo.git(&["reset", "--quiet", "--hard", commit]);
}

fn build(repo: &Repo, out: &str) -> String {
    gazette(repo.path(), &["build", "--out", out])
}

/// A whole build, and the files that lie there then.
fn built(repo: &Repo, out: &str) -> BTreeMap<String, Vec<u8>> {
    let printed = build(repo, out);
    assert!(printed.ends_with("exit 0\n"), "{printed}");
    tree(&repo.path().join(out))
}

fn same(expected: &BTreeMap<String, Vec<u8>>, actual: &BTreeMap<String, Vec<u8>>, what: &str) {
    let differences = differences(expected, actual);
    assert!(differences.is_empty(), "{what}: {}", differences.join("\n"));
}

/// Two servers, then another in place of the second.
fn exchange() -> [Vec<File>; 2] {
    let stays = || vec![config(""), entry("com.example/echo", "1.0.0", "Says it.")];
    let with = |name: &str| stays().into_iter().chain([entry(name, "1.0.0", "More.")]).collect();
    [with("org.example/going"), with("net.example/coming")]
}

#[test]
fn what_gazette_did_not_write_stays() {
    let (repo, ids) = story(&exchange());
    built(&repo, "public");
    let foreign = ["public/notes.txt", "public/servers/org.example/going/mine.txt", "public/v0.1/servers/org.example/keep"];
    for path in foreign {
        put(repo.path(), path, "mine");
    }
    at(&repo, &ids[1]);
    built(&repo, "public");
    for path in foreign {
        assert_eq!(fs::read_to_string(repo.path().join(path)).expect("it stays"), "mine", "{path}");
    }
    assert!(!repo.path().join("public/servers/org.example/going/index.html").exists());
}

/// Before anything is written, and whatever it is that lies there.
#[test]
fn what_gazette_did_not_write_is_never_overwritten() {
    let version = "public/v0.1/servers/net.example/coming/versions/1.0.0";
    for (foreign, in_the_way) in [
        (version, version),
        ("public/v0.1/servers/net.example/coming/versions/1.0.0/deep", version),
        ("public/v0.1/servers/net.example/coming", "public/v0.1/servers/net.example/coming"),
        ("public/v0.1/servers/net.example/coming/versions/index.json", "versions/index.json"),
        ("public/v0.1/servers/net.example/coming/versions/index.html", "versions/index.html"),
    ] {
        let (repo, ids) = story(&exchange());
        built(&repo, "public");
        put(repo.path(), foreign, "mine");
        let before = tree(&repo.path().join("public"));
        at(&repo, &ids[1]);
        let printed = build(&repo, "public");
        assert!(printed.ends_with("exit 2\n") && printed.contains("is in the way") && printed.contains("help: "), "{printed}");
        assert!(printed.contains(in_the_way), "{printed}");
        let after = tree(&repo.path().join("public"));
        let left = |tree: &BTreeMap<String, Vec<u8>>| -> BTreeMap<String, Vec<u8>> {
            tree.iter().filter(|(path, _)| !path.starts_with(".gazette/stage/")).map(|(a, b)| (a.clone(), b.clone())).collect()
        };
        same(&left(&before), &left(&after), foreign);
        fs::remove_file(repo.path().join(foreign)).expect("it is there");
        if foreign.ends_with("/deep") {
            fs::remove_dir(repo.path().join(version)).expect("it is empty");
        }
        same(&built(&repo, "fresh"), &built(&repo, "public"), foreign);
    }
}

/// A folder that was never gazette's is built into, around what lies there.
#[test]
fn a_folder_of_others_is_shared() {
    let (repo, _) = story(&exchange());
    put(repo.path(), "public/about/us.html", "ours");
    let mut shared = built(&repo, "public");
    assert_eq!(shared.remove("about/us.html").as_deref(), Some(&b"ours"[..]));
    same(&built(&repo, "fresh"), &shared, "around others' files");
    let (repo, _) = story(&exchange());
    put(repo.path(), "public/index.html", "ours");
    let printed = build(&repo, "public");
    assert!(printed.contains("`public/index.html` is in the way") && printed.ends_with("exit 2\n"), "{printed}");
    assert_eq!(fs::read_to_string(repo.path().join("public/index.html")).expect("it stays"), "ours");
}

#[test]
fn what_left_the_site_is_removed_with_its_empty_folders() {
    let (repo, ids) = story(&exchange());
    built(&repo, "public");
    at(&repo, &ids[1]);
    let printed = build(&repo, "public");
    assert!(!printed.contains(" 0 removed"), "{printed}");
    let below = |dir: &str| -> Vec<String> {
        let names = fs::read_dir(repo.path().join(dir)).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> =
            names.map(|name| name.into_string().expect("UTF-8")).filter(|name| name.contains('.')).collect();
        names.sort();
        names
    };
    for dir in ["public/v0.1/servers", "public/v0/servers", "public/servers"] {
        let names: Vec<String> = below(dir).into_iter().filter(|name| !name.starts_with("index.")).collect();
        assert_eq!(names, ["com.example", "net.example"], "{dir}");
    }
}

#[test]
fn a_folder_becomes_plain_and_back() {
    let tree_of =
        |plain: bool| vec![config(&format!("[site]\nplain = {plain}\n")), entry("com.example/echo", "1.0.0", "Says it.")];
    let (repo, ids) = story(&[tree_of(false), tree_of(true), tree_of(false)]);
    let copies = |tree: &BTreeMap<String, Vec<u8>>| {
        tree.keys().filter(|path| path.starts_with("v0") && path.ends_with("/index.html")).count()
    };
    for (commit, expected) in ids.iter().zip([0, 4, 0]) {
        at(&repo, commit);
        let over = built(&repo, "public");
        assert_eq!(copies(&over), expected, "{commit}");
        same(&built(&repo, &format!("fresh-{commit}")), &over, commit);
    }
    // Another's file is in the way of a copy, and stays where there is none.
    put(repo.path(), "public/v0.1/servers/index.html", "mine");
    at(&repo, &ids[0]);
    built(&repo, "public");
    assert_eq!(fs::read_to_string(repo.path().join("public/v0.1/servers/index.html")).expect("it stays"), "mine");
    at(&repo, &ids[1]);
    let printed = build(&repo, "public");
    assert!(printed.contains("v0.1/servers/index.html` is in the way") && printed.ends_with("exit 2\n"), "{printed}");
}

/// One file under several names costs a system less than several files; nobody who replaces one of them changes another.
#[cfg(unix)]
#[test]
fn the_same_bytes_at_several_addresses_are_one_file() {
    use std::os::unix::fs::MetadataExt;
    let versions = |version: &str| vec![config("[site]\nplain = true\n"), entry("com.example/echo", version, "Says it.")];
    let (repo, ids) = story(&[versions("1.0.0"), versions("2.0.0")]);
    let fresh = |version: &str| {
        let below = |spelling: &str, file: &str| format!("public/{spelling}/servers/com.example/echo/versions/{file}");
        let single = [below("v0.1", version), below("v0.1", "latest"), below("v0", "latest")];
        let lists =
            ["v0.1", "v0"].into_iter().flat_map(|spelling| ["index.json", "index.html"].map(|file| below(spelling, file)));
        for files in [single.to_vec(), lists.collect()] {
            let inode = |file: &String| fs::metadata(repo.path().join(file)).expect("it is there").ino();
            assert!(files.iter().all(|file| inode(file) == inode(&files[0])), "{files:?}");
        }
    };
    built(&repo, "public");
    fresh("1.0.0");
    at(&repo, &ids[1]);
    built(&repo, "public");
    fresh("2.0.0");
    fs::remove_dir_all(repo.path().join("public")).expect("it is there");
    let printed = gazette(repo.path(), &["publish", "--target", "dir:public", "--unsigned", "--no-read-back", "--allow", "tiny"]);
    assert!(printed.ends_with("exit 0\n"), "{printed}");
    let inode = |file: &str| fs::metadata(repo.path().join("public/v0.1/servers").join(file)).expect("it is there").ino();
    assert_eq!(inode("index.json"), inode("index.html"));
}

/// An unchanged folder is taken at its last build's word; `--repair` looks, and touches nothing that is as it should be.
#[test]
fn what_was_changed_by_hand_is_made_good_by_repair() {
    let (repo, _) = story(&exchange());
    let expected = built(&repo, "public");
    let public = repo.path().join("public");
    let versions = public.join("v0.1/servers/com.example/echo/versions");
    let touched = |path: &Path| fs::metadata(path).expect("it is there").modified().expect("a time");
    let intact = public.join("v0.1/servers/com.example/echo/versions/latest");
    let before = touched(&intact);
    let harm = || {
        let altered = fs::read_to_string(public.join("index.json")).expect("text").replace('1', "2");
        fs::write(public.join("index.json"), altered).expect("a file");
        // One file with the list at four addresses, two of which are kept for hosts that know no other index.
        fs::write(versions.join("index.html"), "").expect("a file");
        fs::remove_file(versions.join("1.0.0")).expect("it is there");
        fs::remove_dir_all(public.join("servers/org.example")).expect("it is there");
    };
    harm();
    let printed = build(&repo, "public");
    assert!(printed.contains(" 0 written, 0 removed,") && !versions.join("1.0.0").exists(), "{printed}");
    let repaired = || gazette(repo.path(), &["build", "--repair"]);
    let printed = repaired();
    assert!(printed.ends_with("exit 0\n") && printed.contains(" 6 written, 0 removed,"), "{printed}");
    same(&expected, &tree(&public), "after a repair");
    assert_eq!(touched(&intact), before, "what is as it should be is left alone");
    let printed = repaired();
    assert!(printed.contains(" 0 written, 0 removed,"), "{printed}");

    harm();
    fs::create_dir(versions.join("1.0.0")).expect("a folder");
    let printed = repaired();
    assert!(printed.contains("could not write `public/v0.1/servers/com.example/echo/versions/1.0.0`"), "{printed}");
    fs::remove_dir(versions.join("1.0.0")).expect("it is empty");
    let printed = build(&repo, "public");
    assert!(printed.ends_with("exit 0\n"), "{printed}");
    repaired();
    same(&expected, &tree(&public), "after a repair that could not end");
}

/// Lists are put together of what lies there, if it is what the last build put there.
#[test]
fn a_list_that_was_changed_by_hand_is_not_built_upon() {
    let (repo, ids) = story(&exchange());
    for (harm, text) in [("changed", Some("{\"servers\":[]}")), ("gone", None)] {
        at(&repo, &ids[0]);
        gazette(repo.path(), &["build", "--repair"]);
        let list = repo.path().join("public/v0.1/servers/index.json");
        fs::remove_file(&list).expect("it is there");
        if let Some(text) = text {
            fs::write(&list, text).expect("a file");
        }
        let before = tree(&repo.path().join("public"));
        at(&repo, &ids[1]);
        let printed = build(&repo, "public");
        assert!(printed.ends_with("exit 2\n") && printed.contains("is not as the last build left it"), "{harm}: {printed}");
        assert!(printed.contains("public/v0.1/servers/index.json") && printed.contains("`gazette build --repair`"), "{printed}");
        same(&before, &tree(&repo.path().join("public")), harm);
        gazette(repo.path(), &["build", "--repair"]);
        same(&built(&repo, &format!("fresh-{harm}")), &tree(&repo.path().join("public")), harm);
    }
}

/// Their files are not even there.
#[test]
fn servers_that_stay_the_same_are_not_read() {
    let (repo, ids) = story(&exchange());
    at(&repo, &ids[1]);
    let expected = built(&repo, "fresh");
    at(&repo, &ids[0]);
    built(&repo, "public");
    at(&repo, &ids[1]);
    let id = repo.git(&["rev-parse", "HEAD:registry-data/servers/com.example/echo/1.0.0.json"]);
    fs::remove_file(repo.path().join(".git/objects").join(&id[..2]).join(&id[2..])).expect("it lies alone");
    let printed = build(&repo, "other");
    assert!(printed.contains("lacks object") && printed.ends_with("exit 2\n"), "{printed}");
    same(&expected, &built(&repo, "public"), "without the file of one that stays");
}

/// Whoever loses or changes what is remembered of servers and pages makes the next build slower, and no other.
#[test]
fn what_is_remembered_is_not_needed() {
    let (repo, ids) = story(&exchange());
    let expected = [&ids[0], &ids[1]].map(|id| {
        at(&repo, id);
        built(&repo, &format!("fresh-{id}"))
    });
    built(&repo, "public");
    for (round, name) in (0..).zip(["servers", "pages", "servers", "pages"]) {
        let note = repo.path().join("public/.gazette").join(name);
        let text = fs::read_to_string(&note).expect("it is written");
        if round < 2 {
            fs::remove_file(&note).expect("it is there");
        } else {
            fs::write(&note, text.replace("Says it.", "Says no.").replace("namespaces/", "elsewhere/")).expect("a file");
        }
        let now = usize::from(round % 2 == 1);
        at(&repo, &ids[now]);
        same(&expected[now], &built(&repo, "public"), name);
    }
}

/// What a build has said of a folder is not enough, if what it wrote down beside is lost.
#[test]
fn a_folder_that_lost_some_of_its_notes_is_not_taken_for_unchanged() {
    let (repo, _) = story(&exchange());
    let expected = built(&repo, "public");
    for name in ["manifest", "inputs"] {
        let note = repo.path().join("public/.gazette").join(name);
        let whole = fs::read(&note).expect("it is written");
        for half in [None, Some(&whole[..whole.len() / 2])] {
            match half {
                Some(half) => fs::write(&note, half).expect("a file"),
                None => fs::remove_file(&note).expect("it is there"),
            }
            assert!(!build(&repo, "public").contains(" 0 written"), "{name}");
            gazette(repo.path(), &["build", "--repair"]);
            same(&expected, &tree(&repo.path().join("public")), name);
        }
    }
}

/// A document of a list's kind may begin to exist, and cease to.
#[test]
fn a_list_that_comes_and_goes_is_what_a_fresh_build_makes_of_it() {
    // ToolHive's file has none that is invalid, and is not there without any.
    let invalid = || vec![config(""), entry("com.example/echo", "1.0.0", ""), entry("com.example/other", "1.0.0", "")];
    let with = |more: &str, text: &str| invalid().into_iter().chain([entry(more, "1.0.0", text)]).collect();
    let (repo, ids) = story(&[
        invalid(),
        with("com.example/more", "It is valid."),
        with("com.example/other-one", "It is valid."),
        invalid(),
        with("com.example/a", ""),
    ]);
    for (id, is_there) in ids.iter().zip([false, true, true, false, false]) {
        at(&repo, id);
        let over = built(&repo, "public");
        assert_eq!(over.contains_key("registry.json"), is_there, "{id}");
        same(&built(&repo, &format!("fresh-{id}")), &over, id);
    }
}

#[test]
fn what_is_not_committed_is_said_to_be_no_part_of_the_site() {
    let (repo, _) = story(&exchange());
    let publish = ["publish", "--target", "dir:published", "--unsigned", "--no-read-back", "--allow", "tiny"];
    let says = |what: &str| {
        for printed in [build(&repo, "public"), build(&repo, "-"), gazette(repo.path(), &publish)] {
            assert!(printed.ends_with("exit 0\n") && printed.contains(what), "{printed}");
        }
    };
    assert!(!build(&repo, "public").contains("differ"));
    let File { path, bytes, .. } = entry("com.example/echo", "2.0.0", "Says more.");
    put(repo.path(), &path, bytes);
    says("note: 1 file differs from the commit; it is no part of the site\n");
    fs::remove_file(repo.path().join("registry-data/servers/com.example/echo/1.0.0.json")).expect("it is there");
    says("note: 2 files differ from the commit; they are no part of the site\n");
}

/// Without its notes, a folder's files are anybody's; those that are the site's all the same become so again.
#[test]
fn a_folder_whose_notes_are_lost_is_repaired() {
    let (repo, ids) = story(&exchange());
    let expected = built(&repo, "public");
    let public = repo.path().join("public");
    fs::remove_dir_all(public.join(".gazette")).expect("it is there");
    let printed = build(&repo, "public");
    assert!(printed.contains("is in the way") && printed.ends_with("exit 2\n"), "{printed}");
    gazette(repo.path(), &["build", "--repair"]);
    same(&expected, &tree(&public), "the notes are back");
    fs::remove_dir_all(public.join(".gazette")).expect("it is there");
    at(&repo, &ids[1]);
    let printed = gazette(repo.path(), &["build", "--repair"]);
    assert!(printed.contains("is in the way") && printed.ends_with("exit 2\n"), "other bytes are others': {printed}");
}

#[test]
fn nothing_is_built_into_the_registry_or_around_it() {
    let (repo, _) = story(&exchange());
    for out in ["registry-data", "registry-data/public", ".", "registry-data/servers/../x", "./registry-data/../registry-data/y"]
    {
        let printed = build(&repo, out);
        assert!(
            printed.ends_with("exit 2\n") && printed.contains("holds the registry itself, or lies in it"),
            "{out}: {printed}"
        );
    }
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

/// Exit status 1, what is wrong, and the folder as it was.
#[test]
fn an_entry_that_cannot_be_read_stops_the_build_and_changes_nothing() {
    let [good, _] = exchange();
    let broken = |file: File| good.iter().cloned().chain([file]).collect::<Vec<_>>();
    let path = "registry-data/servers/com.example/broken/1.0.0.json";
    let mut liar = entry("com.example/other", "1.0.0", "I am another.");
    path.clone_into(&mut liar.path);
    let flawed = [File::new(path, "{"), File::new(path, [0xFF, 0xFE]), File::new(path, "[]"), liar];
    for file in flawed {
        let (repo, ids) = story(&[good.clone(), broken(file)]);
        let before = built(&repo, "public");
        at(&repo, &ids[1]);
        let printed = build(&repo, "public");
        assert!(printed.ends_with("exit 1\n") && printed.contains(path), "{printed}");
        same(&before, &tree(&repo.path().join("public")), path);
        let printed = build(&repo, "fresh");
        assert!(printed.ends_with("exit 1\n"), "{printed}");
        assert_eq!(names_like(repo.path(), "fresh"), Vec::<String>::new());
        at(&repo, &ids[0]);
        same(&before, &built(&repo, "public"), path);
    }
}

/// A repository that lacks what it should have is no fault of an author, even where an author has made one too.
#[test]
fn trouble_with_the_repository_is_told_before_faults_of_authors() {
    let (repo, _) = story(&[vec![config("")]]);
    let File { path, bytes, .. } = entry("com.example/echo", "1.0.0", "Says it.");
    put(repo.path(), &path, bytes);
    put(repo.path(), "registry-data/servers/com.example/echo/2.0.0.json", "{}");
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--message", "two"]);
    let id = repo.git(&["rev-parse", &format!("HEAD:{path}")]);
    fs::remove_file(repo.path().join(".git/objects").join(&id[..2]).join(&id[2..])).expect("it lies alone");
    let printed = build(&repo, "public");
    assert!(printed.contains("lacks object") && printed.ends_with("exit 2\n"), "{printed}");
}

/// What lies in a folder under names that begin so.
fn names_like(dir: &Path, start: &str) -> Vec<String> {
    let names = fs::read_dir(dir).expect("a folder").map(|entry| entry.expect("an entry").file_name().into_string());
    names.map(|name| name.expect("UTF-8")).filter(|name| name.starts_with(start)).collect()
}

#[test]
fn a_limit_that_is_passed_is_said_with_the_way_out() {
    // A little over 10 MB in all.
    let long = "x".repeat(240_000);
    let meta =
        format!("\",\"_meta\":{{\"io.modelcontextprotocol.registry/publisher-provided\":{{\"a\":\"{long}\"}}}},\"title\":\"");
    let servers = (0..42).map(|at| entry(&format!("com.example/s{at}"), "1", &format!("Long.{meta}t")));
    let (repo, _) = story(&[std::iter::once(config("")).chain(servers).collect()]);
    let printed = run(&mut command(repo.path(), &["build"]));
    assert!(printed.ends_with("exit 0\n"), "{printed}");
    assert!(
        printed.contains("CloudFront's compression takes at most 10000000") && printed.contains("`gazette serve`"),
        "{printed}"
    );
    let again = run(&mut command(repo.path(), &["build"]));
    assert!(again.contains("CloudFront's compression"), "{again}");
}
