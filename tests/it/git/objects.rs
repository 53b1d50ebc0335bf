//! Objects however git keeps them: loose, packed with either kind of delta, or borrowed from another repository.

use gazette::{
    adapters::git::{Repository, blob_id},
    checkout::{Blob, Checkout},
};

use super::story::{PREFIX, Repo, told};

/// Forty versions that differ little, so that packing makes long chains of deltas.
fn alike() -> Repo {
    let repo = Repo::new();
    for at in 0..40 {
        let lines: Vec<String> = (0..200).map(|line| format!("{} line {line}\n", if line == at * 5 { at } else { 0 })).collect();
        repo.entry("a/b", &format!("1.{at}.0"), &lines.concat());
        if at % 4 == 3 {
            repo.commit(at);
        }
    }
    repo
}

fn checkout(repository: &Repository) -> Checkout {
    let head = repository.head().expect("a commit");
    repository.checkout(&repository.tree(head).expect("a tree"), PREFIX).expect("files")
}

fn all_read(repository: &Repository) -> usize {
    let checkout = checkout(repository);
    let mut reader = checkout.store.reader();
    for item in checkout.items.iter().chain(checkout.items.iter().rev()) {
        let Blob::Bytes(bytes) = reader.read(item, 1 << 20).expect("bytes") else { panic!("{item:?}") };
        assert_eq!(item.id, Some(blob_id(&bytes)), "{}", item.path);
        // One that has read nothing yet learns the size from the delta, or where that is large itself, from its beginning.
        for cap in [bytes.len() - 1, 8, 0].into_iter().filter(|cap| *cap < bytes.len()) {
            let large = Blob::Large(bytes.len() as u64);
            assert_eq!(reader.read(item, cap).expect("a size"), large);
            assert_eq!(checkout.store.reader().read(item, cap).expect("a size"), large);
        }
    }
    checkout.items.len()
}

#[test]
fn packed_objects_are_read_as_loose_ones() {
    let repo = alike();
    let loose = told(&repo.history());
    assert_eq!((all_read(&repo.open()), loose.len()), (40, 40));
    for offsets in ["true", "false"] {
        repo.git(&["config", "repack.useDeltaBaseOffset", offsets]);
        repo.git(&["repack", "-a", "-d", "-f", "-q", "--depth=50", "--window=50"]);
        assert_eq!(repo.git(&["count-objects"]), "0 objects, 0 kilobytes");
        assert_eq!(all_read(&repo.open()), 40);
        assert_eq!(told(&repo.history()), loose);
    }
}

#[test]
fn what_comes_after_opening_or_is_borrowed_is_found_too() {
    let repo = alike();
    repo.git(&["repack", "-a", "-d", "-q"]);
    let borrower = repo.cloned(&["--shared"]);
    assert_eq!(all_read(&borrower.open()), 40);
    let opened = borrower.open();
    borrower.entry("a/b", "2.0.0", "2").commit(100);
    borrower.git(&["repack", "-a", "-d", "-q"]);
    assert_eq!(all_read(&opened), 41);
}
