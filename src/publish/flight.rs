//! Documents on their way into a bucket: as many at a time as are allowed, without a thread that waits for each.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Mutex, PoisonError, mpsc},
};

use super::{
    Document, Halt,
    pool::{self, Over},
};
use crate::ports::{Body, Done, Tag, Trouble};

/// Whether documents may be put, how, and what follows.
pub(super) trait Carrier: Sync {
    /// Whether this one may be put now; if not, nothing is begun any more.
    fn admit(&self, document: &Document) -> Result<(), Halt>;
    fn begin(&self, document: &Document, done: Done);
    /// Whether something can be made of an answer other than that it is done.
    fn doubt(&self, document: &Document, trouble: &Trouble) -> Result<(), Halt>;
    /// Makes something of it, and may wait for further requests.
    fn mend(&self, document: &Document) -> Result<(), Halt>;
    /// It lies there.
    fn land(&self, document: &Document);
}

/// So many bytes are held for requests that are under way, or one body that has more.
const HELD_MAX: u64 = 4 << 20;

/// Puts everything that is given, `width` at a time, and stops at the first that goes wrong, once all that was begun has ended.
pub(super) fn carry<E: Into<Halt>>(
    width: usize,
    carrier: &impl Carrier,
    give: impl FnOnce(&(dyn Fn(Document) -> Result<(), Over> + Sync)) -> Result<(), E>,
) -> Result<(), Halt> {
    let (landing, landed) = mpsc::channel();
    let air = Air {
        carrier,
        width: width.max(1),
        landed,
        under_way: BTreeMap::new(),
        doubtful: Vec::new(),
        batch: 1,
        held: 0,
        tickets: 0,
        wrong: None,
    };
    let air = Mutex::new(air);
    let given = give(&|document| {
        // Whoever waits for room lands what has come, one at a time; the others wait for that.
        let ticket = air.lock().unwrap_or_else(PoisonError::into_inner).admit(&document)?;
        let landing = landing.clone();
        // Nobody listens any more if the thread that gives has panicked.
        carrier.begin(&document, Done::new(move |said| drop(landing.send((ticket, said)))));
        Ok(())
    });
    let mut air = air.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Err(error) = given {
        air.wrong.get_or_insert(error.into());
    }
    while !air.under_way.is_empty() {
        air.wait();
    }
    air.mend();
    air.wrong.map_or(Ok(()), Err)
}

type Landing = (u64, Result<Tag, Trouble>);

struct Air<'a, C> {
    carrier: &'a C,
    width: usize,
    landed: mpsc::Receiver<Landing>,
    /// By ticket.
    under_way: BTreeMap<u64, Document>,
    /// What something has to be made of, so many at a time: where one answer was odd many may be, and each takes as long as a put.
    doubtful: Vec<Document>,
    batch: usize,
    /// The bytes of their bodies that are in memory.
    held: u64,
    tickets: u64,
    wrong: Option<Halt>,
}

impl<C: Carrier> Air<'_, C> {
    /// Takes a document in when there is room, and gives it a ticket.
    fn admit(&mut self, document: &Document) -> Result<u64, Over> {
        while let Ok(landing) = self.landed.try_recv() {
            self.land(landing);
        }
        while self.wrong.is_none() && !self.has_room(document) {
            // What is under way makes room as it lands, and what is doubtful when it is mended.
            if self.doubtful.len() >= self.batch || self.under_way.is_empty() {
                self.mend();
            } else {
                self.wait();
            }
        }
        if self.wrong.is_none() {
            self.wrong = self.carrier.admit(document).err();
        }
        if self.wrong.is_some() {
            return Err(Over);
        }
        self.tickets += 1;
        self.held += weight(document);
        self.under_way.insert(self.tickets, document.clone());
        Ok(self.tickets)
    }

    fn has_room(&self, document: &Document) -> bool {
        let is_alone = self.under_way.is_empty() && self.doubtful.is_empty();
        let is_light = self.held + weight(document) <= HELD_MAX || is_alone;
        is_light && self.under_way.len() + self.doubtful.len() < self.width && self.doubtful.len() < self.batch
    }

    /// Waits until one has ended; there must be one.
    fn wait(&mut self) {
        let landing = self.landed.recv().expect("whoever carries can still be told");
        self.land(landing);
    }

    fn land(&mut self, (ticket, said): Landing) {
        let document = self.under_way.remove(&ticket).expect("each lands once");
        let Err(trouble) = said else {
            self.held -= weight(&document);
            return self.carrier.land(&document);
        };
        match self.carrier.doubt(&document, &trouble) {
            Ok(()) => self.doubtful.push(document),
            Err(halt) => drop(self.wrong.get_or_insert(halt)),
        }
    }

    /// Makes something of what did not simply land, unless it all ends anyway.
    fn mend(&mut self) {
        let doubtful = mem::take(&mut self.doubtful);
        self.held -= doubtful.iter().map(weight).sum::<u64>();
        if self.wrong.is_some() || doubtful.is_empty() {
            return;
        }
        let carrier = self.carrier;
        let mend = |document: Document| {
            carrier.mend(&document)?;
            carrier.land(&document);
            Ok(())
        };
        // What is mended is read, and no file need be in memory beside another.
        let is_large = |document: &Document| matches!(document.body, Body::File { .. });
        let width = if doubtful.iter().any(is_large) { 1 } else { doubtful.len() };
        self.wrong = pool::each(width, |give| doubtful.into_iter().try_for_each(give), mend).err();
        self.batch = (2 * self.batch).min(self.width);
    }
}

fn weight(document: &Document) -> u64 {
    match &document.body {
        Body::Bytes(bytes) => bytes.len() as u64,
        Body::File { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering::SeqCst},
        },
        thread,
    };

    use rayon::prelude::*;

    use super::*;
    use crate::{
        digest::Sha256,
        ports::Headers,
        site::path::{Cache, Kind},
    };

    fn document(number: usize, size: usize) -> Document {
        let headers = Headers { content_type: Kind::Json.content_type(), cache_control: Cache::Document.control() };
        Document { key: number.to_string(), headers, body: vec![0; size].into(), sha256: Sha256::of(b"") }
    }

    /// Says from a thread of its own what came of each, and counts.
    #[derive(Default)]
    struct Counting {
        begun: AtomicUsize,
        said: Arc<AtomicUsize>,
        landed: AtomicUsize,
        most: AtomicUsize,
        /// Those that are mended now, and the most that were at a time.
        mending: AtomicUsize,
        mended: AtomicUsize,
        together: AtomicUsize,
        /// The key that must not be begun, the one that may not be put, the one that cannot be mended, and whether each is in trouble.
        refused: Option<&'static str>,
        denied: Option<&'static str>,
        lost: Option<&'static str>,
        troubled: bool,
    }

    impl Carrier for Counting {
        fn admit(&self, document: &Document) -> Result<(), Halt> {
            if self.refused == Some(&*document.key) { Err(Halt::new("refused", "")) } else { Ok(()) }
        }

        fn begin(&self, document: &Document, done: Done) {
            let begun = self.begun.fetch_add(1, SeqCst) + 1;
            let under_way = begun.saturating_sub(self.said.load(SeqCst));
            self.most.fetch_max(under_way, SeqCst);
            let is_troubled = self.troubled || self.lost == Some(&*document.key);
            let answer = match () {
                () if self.denied == Some(&*document.key) => Err(Trouble::Denied("to all".to_owned())),
                () if is_troubled => Err(Trouble::Busy(String::new())),
                () => Ok(Tag("".into())),
            };
            let said = self.said.clone();
            thread::spawn(move || {
                said.fetch_add(1, SeqCst);
                done.say(answer);
            });
        }

        fn doubt(&self, _: &Document, trouble: &Trouble) -> Result<(), Halt> {
            if matches!(trouble, Trouble::Busy(_)) { Ok(()) } else { Err(Halt::new(trouble.to_string(), "")) }
        }

        fn mend(&self, document: &Document) -> Result<(), Halt> {
            self.mended.fetch_add(1, SeqCst);
            let mending = self.mending.fetch_add(1, SeqCst) + 1;
            self.together.fetch_max(mending, SeqCst);
            // Long enough that others begin, if they may.
            (0..5_000).for_each(|_| thread::yield_now());
            self.mending.fetch_sub(1, SeqCst);
            if self.lost == Some(&*document.key) { Err(Halt::new("lost", "")) } else { Ok(()) }
        }

        fn land(&self, _: &Document) {
            self.landed.fetch_add(1, SeqCst);
        }
    }

    #[test]
    fn everything_lands_once_and_never_more_are_under_way() {
        for width in [1, 3, 64] {
            let carrier = Counting::default();
            let all = |give: &(dyn Fn(Document) -> Result<(), Over> + Sync)| {
                (0..500_usize).into_par_iter().try_for_each(|number| give(document(number, 10)))
            };
            carry(width, &carrier, all).expect("nothing is wrong");
            assert_eq!(carrier.landed.into_inner(), 500);
            assert!(carrier.most.into_inner() <= width);
        }
    }

    #[test]
    fn large_bodies_go_alone() {
        let carrier = Counting::default();
        let size = usize::try_from(HELD_MAX).expect("a size") + 1;
        carry(64, &carrier, |give| (0..3).try_for_each(|number| give(document(number, size)))).expect("nothing is wrong");
        assert_eq!((carrier.landed.into_inner(), carrier.most.into_inner()), (3, 1));
    }

    #[test]
    fn troubles_are_mended_several_at_a_time() {
        let carrier = Counting { troubled: true, ..Counting::default() };
        carry(8, &carrier, |give| (0..100).try_for_each(|number| give(document(number, 10)))).expect("all are mended");
        assert_eq!((carrier.mended.into_inner(), carrier.landed.into_inner()), (100, 100));
        assert!((2..=8).contains(&carrier.together.into_inner()), "as many as may be put at a time");
    }

    #[test]
    fn large_bodies_in_trouble_make_room_too() {
        let carrier = Counting { troubled: true, ..Counting::default() };
        let size = usize::try_from(HELD_MAX).expect("a size");
        carry(64, &carrier, |give| (0..3).try_for_each(|number| give(document(number, size)))).expect("all are mended");
        assert_eq!(carrier.landed.into_inner(), 3);
    }

    #[test]
    fn the_first_mistake_ends_it_when_all_have_ended() {
        for (carrier, why) in [
            (Counting { refused: Some("20"), ..Counting::default() }, "refused"),
            (Counting { denied: Some("20"), ..Counting::default() }, "access denied: to all"),
            (Counting { lost: Some("20"), ..Counting::default() }, "lost"),
            (Counting { lost: Some("90"), troubled: true, ..Counting::default() }, "lost"),
        ] {
            // The gifts never end, so that this ends shows that the rest is left alone.
            let halt =
                carry(8, &carrier, |give| (0..).try_for_each(|number| give(document(number, 1)))).expect_err("it is wrong");
            assert_eq!(halt.error, why);
            assert_eq!(carrier.begun.into_inner(), carrier.said.load(SeqCst));
        }
    }

    #[test]
    fn nothing_is_mended_once_it_ends() {
        let carrier = Counting { troubled: true, ..Counting::default() };
        let failing = |give: &(dyn Fn(Document) -> Result<(), Over> + Sync)| {
            give(document(1, 1)).map_err(Halt::from)?;
            Err(Halt::new("the source failed", ""))
        };
        let halt = carry(8, &carrier, failing).expect_err("it is wrong");
        assert_eq!((&*halt.error, carrier.mended.into_inner()), ("the source failed", 0));
    }

    /// Never answers.
    struct Silent;

    impl Carrier for Silent {
        fn admit(&self, _: &Document) -> Result<(), Halt> {
            Ok(())
        }

        fn begin(&self, _: &Document, _: Done) {}

        fn doubt(&self, _: &Document, trouble: &Trouble) -> Result<(), Halt> {
            Err(Halt::new(trouble.to_string(), ""))
        }

        fn mend(&self, _: &Document) -> Result<(), Halt> {
            unreachable!("nothing can be made of it");
        }

        fn land(&self, _: &Document) {
            unreachable!("nobody has said that it lies there");
        }
    }

    #[test]
    fn an_answer_that_never_comes_is_one() {
        let halt = carry(2, &Silent, |give| (0..).try_for_each(|number| give(document(number, 1)))).expect_err("it is wrong");
        assert_eq!(halt.error, "a request ended without an answer");
    }

    #[test]
    fn without_any_width_one_goes_at_a_time() {
        let carrier = Counting::default();
        carry(0, &carrier, |give| (0..3).try_for_each(|number| give(document(number, 1)))).expect("nothing is wrong");
        assert_eq!((carrier.landed.into_inner(), carrier.most.into_inner()), (3, 1));
    }
}
