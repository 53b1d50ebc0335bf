//! Documents on their way into a bucket: as many at a time as are allowed, without a thread that waits for each.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError, mpsc},
};

use super::{Document, Halt, pool::Over};
use crate::ports::{Body, Done, Tag, Trouble};

/// Whether documents may be put, how, and what follows.
pub(super) trait Carrier: Sync {
    /// Whether this one may be put now; if not, nothing is begun any more.
    fn admit(&self, document: &Document) -> Result<(), Halt>;
    fn begin(&self, document: &Document, done: Done);
    /// What came of it.
    fn land(&self, document: &Document, said: Result<Tag, Trouble>) -> Result<(), Halt>;
}

/// So many bytes are held for requests that are under way, or one body that has more.
const HELD_MAX: u64 = 8 << 20;

/// Puts everything that is given, `width` at a time, and stops at the first that goes wrong, once all that was begun has ended.
pub(super) fn carry<E: Into<Halt>>(
    width: usize,
    carrier: &impl Carrier,
    give: impl FnOnce(&(dyn Fn(Document) -> Result<(), Over> + Sync)) -> Result<(), E>,
) -> Result<(), Halt> {
    let (landing, landed) = mpsc::channel();
    let air = Mutex::new(Air { landed, under_way: BTreeMap::new(), held: 0, tickets: 0, wrong: None });
    let given = give(&|document| {
        // Whoever waits for room lands what has come, one at a time; the others wait for that.
        let ticket = air.lock().unwrap_or_else(PoisonError::into_inner).admit(width, carrier, &document)?;
        let landing = landing.clone();
        // Nobody listens any more if the thread that gives has panicked.
        carrier.begin(&document, Done::new(move |said| drop(landing.send((ticket, said)))));
        Ok(())
    });
    let mut air = air.into_inner().unwrap_or_else(PoisonError::into_inner);
    while !air.under_way.is_empty() {
        air.wait(carrier);
    }
    match air.wrong {
        Some(halt) => Err(halt),
        None => given.map_err(Into::into),
    }
}

type Landing = (u64, Result<Tag, Trouble>);

struct Air {
    landed: mpsc::Receiver<Landing>,
    /// By ticket.
    under_way: BTreeMap<u64, Document>,
    /// The bytes of their bodies that are in memory.
    held: u64,
    tickets: u64,
    wrong: Option<Halt>,
}

impl Air {
    /// Takes a document in when there is room, and gives it a ticket.
    fn admit(&mut self, width: usize, carrier: &impl Carrier, document: &Document) -> Result<u64, Over> {
        while let Ok(landing) = self.landed.try_recv() {
            self.land(landing, carrier);
        }
        let is_full = |air: &Self| {
            let is_heavy = air.held + weight(document) > HELD_MAX;
            air.under_way.len() >= width || is_heavy && !air.under_way.is_empty()
        };
        while self.wrong.is_none() && is_full(self) {
            self.wait(carrier);
        }
        if self.wrong.is_none() {
            self.wrong = carrier.admit(document).err();
        }
        if self.wrong.is_some() {
            return Err(Over);
        }
        self.tickets += 1;
        self.held += weight(document);
        self.under_way.insert(self.tickets, document.clone());
        Ok(self.tickets)
    }

    /// Waits until one has ended; there must be one.
    fn wait(&mut self, carrier: &impl Carrier) {
        let landing = self.landed.recv().expect("whoever carries can still be told");
        self.land(landing, carrier);
    }

    fn land(&mut self, (ticket, said): Landing, carrier: &impl Carrier) {
        let document = self.under_way.remove(&ticket).expect("each lands once");
        self.held -= weight(&document);
        if let Err(halt) = carrier.land(&document, said) {
            self.wrong.get_or_insert(halt);
        }
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
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
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

    /// Lands each from a thread of its own, and counts.
    #[derive(Default)]
    struct Counting {
        begun: AtomicUsize,
        landed: AtomicUsize,
        most: AtomicUsize,
        /// The key that must not be begun, and the one whose request fails.
        refused: Option<&'static str>,
        failing: Option<&'static str>,
    }

    impl Carrier for Counting {
        fn admit(&self, document: &Document) -> Result<(), Halt> {
            if self.refused == Some(&*document.key) { Err(Halt::new("refused", "")) } else { Ok(()) }
        }

        fn begin(&self, document: &Document, done: Done) {
            let under_way = self.begun.fetch_add(1, SeqCst) + 1 - self.landed.load(SeqCst);
            self.most.fetch_max(under_way, SeqCst);
            let said = if self.failing == Some(&*document.key) { Err(Trouble::Busy(String::new())) } else { Ok(Tag("".into())) };
            thread::spawn(move || done.say(said));
        }

        fn land(&self, _: &Document, said: Result<Tag, Trouble>) -> Result<(), Halt> {
            self.landed.fetch_add(1, SeqCst);
            said.map(drop).map_err(|_| Halt::new("failed", ""))
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
    fn the_first_mistake_ends_it_when_all_have_landed() {
        for (carrier, why) in [
            (Counting { refused: Some("20"), ..Counting::default() }, "refused"),
            (Counting { failing: Some("20"), ..Counting::default() }, "failed"),
        ] {
            // The gifts never end, so that this ends shows that the rest is left alone.
            let halt =
                carry(8, &carrier, |give| (0..).try_for_each(|number| give(document(number, 1)))).expect_err("it is wrong");
            assert_eq!(halt.error, why);
            assert_eq!(carrier.begun.into_inner(), carrier.landed.into_inner());
        }
    }

    /// Never answers.
    struct Silent;

    impl Carrier for Silent {
        fn admit(&self, _: &Document) -> Result<(), Halt> {
            Ok(())
        }

        fn begin(&self, _: &Document, _: Done) {}

        fn land(&self, _: &Document, said: Result<Tag, Trouble>) -> Result<(), Halt> {
            let trouble = said.expect_err("nobody has said that it was done");
            Err(Halt::new(trouble.to_string(), ""))
        }
    }

    #[test]
    fn an_answer_that_never_comes_is_one() {
        let halt = carry(2, &Silent, |give| (0..).try_for_each(|number| give(document(number, 1)))).expect_err("it is wrong");
        assert_eq!(halt.error, "a request ended without an answer");
    }
}
