//! Several requests at a time, each with a thread that waits for it: for what is asked seldom.

use std::{
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

use super::Halt;

/// Nobody takes anything any more, because something went wrong elsewhere.
#[derive(Debug)]
pub(super) struct Over;

impl From<Over> for Halt {
    fn from(Over: Over) -> Self {
        Self::new("a thread stopped without saying why", "report this as a mistake")
    }
}

/// Through which things come to those who work on them, until it is closed.
struct Door<T>(Mutex<Option<mpsc::Receiver<T>>>);

impl<T> Door<T> {
    fn next(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|receiver| receiver.recv().ok())
    }

    /// Whoever gives learns of it by its next gift.
    fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Without it, whoever gives would wait for ever once all who work have panicked.
struct CloseAtPanic<'a, T>(&'a Door<T>);

impl<T> Drop for CloseAtPanic<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.close();
        }
    }
}

/// Works on everything that is given, `width` at a time, and stops at the first that goes wrong.
pub(super) fn each<T: Send, E: Into<Halt>>(
    width: usize,
    give: impl FnOnce(&(dyn Fn(T) -> Result<(), Over> + Sync)) -> Result<(), E>,
    work: impl Fn(T) -> Result<(), Halt> + Sync,
) -> Result<(), Halt> {
    let (sender, receiver) = mpsc::sync_channel::<T>(width.max(1));
    let door = Door(Mutex::new(Some(receiver)));
    let wrong: Mutex<Option<Halt>> = Mutex::new(None);
    let one = || {
        let _close = CloseAtPanic(&door);
        while let Some(thing) = door.next() {
            if let Err(halt) = work(thing) {
                wrong.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(halt);
                door.close();
            }
        }
    };
    let given = thread::scope(|scope| {
        for _ in 0..width.max(1) {
            scope.spawn(one);
        }
        let given = give(&|thing| sender.send(thing).map_err(|_| Over));
        drop(sender);
        given
    });
    match wrong.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(halt) => Err(halt),
        None => given.map_err(Into::into),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn everything_is_worked_on_once() {
        for width in [1, 3, 64] {
            let sum = AtomicUsize::new(0);
            let add = |number: usize| {
                sum.fetch_add(number, Ordering::Relaxed);
                Ok(())
            };
            each(width, |give| (1..=1_000).try_for_each(give), add).expect("nothing is wrong");
            assert_eq!(sum.into_inner(), 500_500);
        }
    }

    #[test]
    fn the_first_mistake_ends_it() {
        for width in [1, 8] {
            let work = |number: usize| if number == 10 { Err(Halt::new("ten", "")) } else { Ok(()) };
            // The gifts never end, so that this ends shows that the rest is left alone.
            let halt = each(width, |give| (1..).try_for_each(give), work).expect_err("ten is wrong");
            assert_eq!(halt.error, "ten");
        }
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_ends_it() {
        let work = |number: usize| if number < 10 { Ok(()) } else { panic!("a mistake of this program") };
        let _ = each(2, |give| (1..).try_for_each(give), work);
    }
}
