//! Which copies a CDN is told to forget, in as few words as it charges for.

use std::collections::BTreeSet;

/// So many single addresses are named: a CDN counts them, and more than these cost money on some.
const PATHS_MAX: usize = 500;
/// So many folders are named: one CDN works on 15 of them at a time.
const FOLDERS_MAX: usize = 15;

/// The same addresses and, if there are too many, more beside them: folders as `/folder/*`.
pub fn reduce(paths: BTreeSet<String>) -> Vec<String> {
    if paths.len() <= PATHS_MAX && paths.iter().filter(|path| path.ends_with('*')).count() <= FOLDERS_MAX {
        return paths.into_iter().collect();
    }
    let deepest = paths.iter().map(|path| path.matches('/').count()).max().unwrap_or(1);
    let folders = (1..deepest).rev().map(|depth| folders(&paths, depth));
    folders.into_iter().find(|folders| folders.len() <= FOLDERS_MAX).unwrap_or_else(|| vec!["/*".to_owned()])
}

/// What lies deeper is named by its folder of this depth.
fn folders(paths: &BTreeSet<String>, depth: usize) -> Vec<String> {
    let cut = |path: &String| match path.match_indices('/').nth(depth) {
        Some((at, _)) => format!("{}*", &path[..=at]),
        None => path.clone(),
    };
    paths.iter().map(cut).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced(paths: impl IntoIterator<Item = String>) -> Vec<String> {
        reduce(paths.into_iter().collect())
    }

    #[test]
    fn few_are_named_one_by_one() {
        assert_eq!(reduced(["/b".to_owned(), "/a/b".to_owned(), "/b".to_owned()]), ["/a/b", "/b"]);
        assert_eq!(reduced((0..500).map(|at| format!("/a/{at}"))).len(), 500);
    }

    #[test]
    fn many_are_named_by_the_deepest_folders_that_suffice() {
        let servers = |namespaces: usize| {
            (0..1_000).map(move |at| format!("/v0.1/servers/ns{}/s{at}/versions/latest", at % namespaces)).chain(["/".to_owned()])
        };
        let few = reduced(servers(3));
        assert_eq!(few, ["/", "/v0.1/servers/ns0/*", "/v0.1/servers/ns1/*", "/v0.1/servers/ns2/*"]);
        assert_eq!(reduced(servers(100)), ["/", "/v0.1/servers/*"]);
        assert_eq!(reduced((0..1_000).map(|at| format!("/{at}"))), ["/*"]);
    }

    #[test]
    fn nothing_is_forgotten_to_be_forgotten() {
        let paths: BTreeSet<String> = (0..2_000).map(|at| format!("/{}/{}/x{at}", at % 7, at % 31)).collect();
        let reduced = reduce(paths.clone());
        let covers = |path: &String, by: &String| by.strip_suffix('*').map_or(path == by, |folder| path.starts_with(folder));
        assert!(paths.iter().all(|path| reduced.iter().any(|by| covers(path, by))));
        assert_eq!(reduce(reduced.iter().cloned().collect()), reduced);
    }
}
