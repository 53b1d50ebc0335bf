//! `cargo bench --bench build [-- VERSIONS [pages]]`: what building a large registry costs, against `tar xf` and `cp -r` of its own
//! output; with `pages`, only the server pages against Hugo. Prints medians and ratios; it is no test.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark reads the clock and the disk, and prints")]
#![allow(clippy::pedantic, unreachable_pub, reason = "its generator is plain arithmetic and no library")]

mod generator;
mod measure;

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use gazette::{adapters::git::Repository, config::Config, registry::Registry, site::Site};
use rayon::prelude::*;

use measure::{change_ten, git, median, median_after, ms, peak, ratio, registry, run, sorted};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A clean build of the large registry takes many seconds and some gigabytes.
const RUNS: usize = 3;

fn main() {
    let versions: u32 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let dir = registry(versions);
    let place = Place::below(&dir);
    let gazette = env!("CARGO_BIN_EXE_gazette");
    if std::env::args().any(|arg| arg == "pages") {
        println!("{versions} versions, in {}", dir.display());
        against_hugo(&dir, &place);
        fs::remove_dir_all(&place.dir).expect("what was built goes away");
        return;
    }
    let build = |out: &str| assert_eq!(run(&dir, gazette, &["build", "--out", out]), 0);

    let compute = median(|| build("-"));
    println!("{versions} versions, in {}", dir.display());
    println!("compute only                   {} (goal: 5000 ms at 100000)", ms(compute));

    // Every run writes where nothing was: file systems are slow to give out what was just freed, which would be measured too.
    let clean = median_after(RUNS, || place.next(), || build(&place.here()));
    // Every file its own, as `cp -r` makes them and as GitHub Pages takes them.
    assert_eq!(run(&place.dir, "tar", &["--hard-dereference", "-cf", "site.tar", "-C", &place.here(), "."]), 0);
    let site = place.here();
    let tar = median_after(
        RUNS,
        || place.next_folder(),
        || assert_eq!(run(&place.dir, "tar", &["xf", "site.tar", "-C", &place.here()]), 0),
    );
    let cp = median_after(RUNS, || place.next(), || assert_eq!(run(&place.dir, "cp", &["-r", &site, &place.here()]), 0));
    println!("clean build                    {}", ms(clean));
    println!("tar xf of its output           {}   ratio {:.2} (goal: at most 0.75)", ms(tar), ratio(clean, tar));
    place.clear(&site);
    println!("cp -r of its output            {}   ratio {:.2} (goal: at most 1.00)", ms(cp), ratio(clean, cp));

    against_hugo(&dir, &place);

    let nothing = median(|| build(&site));
    println!("nothing changed                {} (goal: 1000 ms)", ms(nothing));
    let mut round = 0;
    let ten = median_after(
        RUNS,
        || {
            round += 1;
            change_ten(&dir, round);
        },
        || build(&site),
    );
    println!("ten versions changed           {} (goal: 200 ms more)", ms(ten));
    git(&dir, &["reset", "-q", "--hard", "base"]);

    println!(
        "memory of compute only, peak   {} MiB (goal: at most {})",
        peak(&dir, &["build", "--out", "-"]),
        64 + versions / 1024
    );
    place.next();
    println!("memory of a clean build, peak  {} MiB", peak(&dir, &["build", "--out", &place.here()]));
    fs::remove_dir_all(&place.dir).expect("what was built goes away");
}

/// The server pages alone, against Hugo making a bare page of each: one Markdown file for each server with the same words, and
/// one template.
fn against_hugo(dir: &Path, place: &Place) {
    if Command::new("hugo").arg("version").output().is_err() {
        println!("hugo is not installed: nothing to compare pages with");
        return;
    }
    let site = place.dir.join("hugo");
    let pages = hugo_site(dir, &site);
    let render = || assert_eq!(run(&site, "hugo", &["--quiet", "--destination", &place.here()]), 0);
    let hugo = median_after(RUNS, || place.next(), render);
    let ours = median_after(RUNS, || place.next(), || server_pages(dir, &place.here()));
    println!("{pages:>6} server pages            {}", ms(ours));
    println!("hugo, a bare page each         {}   ratio {:.2} (goal: at most 1.0)", ms(hugo), ratio(ours, hugo));
}

/// Reads the registry, renders the page of every server for people, and writes it.
fn server_pages(dir: &Path, out: &str) {
    let repository = Repository::discover(dir).expect("it opens").expect("it is there");
    let head = repository.head().expect("a commit");
    let checkout = repository.checkout(&repository.tree(head).expect("a tree"), "registry-data/").expect("files");
    let history = repository.history(head, "registry-data/").expect("a history");
    let text = checkout.text("registry-data/registry.toml").expect("it is read").expect("settings");
    let config = Config::parse("registry.toml", &text).expect("settings");
    let (registry, _) = Registry::outline(&checkout, history, config).expect("a registry");
    let site = Site::of(&registry, &checkout);
    let servers: Vec<_> = site.servers().collect();
    servers.par_iter().for_each_init(
        || checkout.store.reader(),
        |reader, (name, server)| {
            let shown = site.show(name, server, &mut **reader).expect("it can be shown").expect("it has a version");
            let page = site.server_page(&shown);
            let file = Path::new(out).join(page.paths[0].key());
            fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            fs::write(file, page.body).expect("a file");
        },
    );
}

/// What Hugo is given: how many pages.
fn hugo_site(dir: &Path, site: &Path) -> usize {
    let _ = fs::remove_dir_all(site);
    let write = |path: &str, text: &str| {
        let path = site.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let off = "disableKinds = [\"taxonomy\", \"term\", \"RSS\", \"sitemap\", \"robotsTXT\", \"404\", \"section\"]";
    write("hugo.toml", &format!("baseURL = \"https://registry.example.com/\"\ntitle = \"A registry\"\n{off}\n"));
    let template = "<!doctype html><html lang=\"en\"><title>{{ .Title }}</title><h1>{{ .Title }}</h1><p>{{ .Description }}</p>\
        <ul>{{ range .Params.versions }}<li><a href=\"/v0.1/servers/{{ $.Title }}/versions/{{ . }}\">{{ . }}</a></li>{{ end }}</ul></html>";
    write("layouts/_default/single.html", template);
    write("layouts/index.html", "<!doctype html><title>{{ .Title }}</title>");
    let mut pages = 0;
    for namespace in sorted(&dir.join("registry-data/servers")) {
        for server in sorted(&namespace) {
            let name = server.strip_prefix(dir.join("registry-data/servers")).expect("below").to_string_lossy().into_owned();
            let entries: Vec<PathBuf> = sorted(&server).into_iter().filter(|file| !file.ends_with("status.json")).collect();
            let versions: Vec<String> =
                entries.iter().map(|file| file.file_stem().expect("a version").to_string_lossy().into_owned()).collect();
            let newest: serde_json::Value =
                serde_json::from_str(&fs::read_to_string(&entries[entries.len() - 1]).expect("an entry")).expect("JSON");
            let matter = serde_json::json!({ "title": name, "description": newest["description"], "versions": versions, "url": format!("/servers/{name}/") });
            write(&format!("content/servers/{name}/index.md"), &format!("{matter}\n"));
            pages += 1;
        }
    }
    pages
}

/// Where sites are written: one folder after the other, which go away together.
struct Place {
    dir: PathBuf,
    at: Cell<usize>,
}

impl Place {
    fn below(dir: &Path) -> Self {
        let dir = dir.join("built");
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).expect("a folder");
        Self { dir, at: Cell::new(0) }
    }

    fn next(&self) {
        self.at.set(self.at.get() + 1);
    }

    fn next_folder(&self) {
        self.next();
        fs::create_dir(self.here()).expect("a folder");
    }

    /// Leaves nothing but one of the folders.
    fn clear(&self, kept: &str) {
        for entry in fs::read_dir(&self.dir).expect("a folder").flatten().filter(|entry| entry.path() != Path::new(kept)) {
            let path = entry.path();
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }.expect("it goes away");
        }
    }

    fn here(&self) -> String {
        self.dir.join(self.at.get().to_string()).to_string_lossy().into_owned()
    }
}
