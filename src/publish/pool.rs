//! Several requests at a time, and never more than so many bodies in memory.

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

/// Works on everything that is given, `width` at a time, and stops at the first that goes wrong.
pub(super) fn each<T: Send, E: Into<Halt>>(
    width: usize,
    give: impl FnOnce(&(dyn Fn(T) -> Result<(), Over> + Sync)) -> Result<(), E>,
    work: impl Fn(T) -> Result<(), Halt> + Sync,
) -> Result<(), Halt> {
    let (sender, receiver) = mpsc::sync_channel::<T>(width.max(1));
    let receiver = Mutex::new(Some(receiver));
    let wrong: Mutex<Option<Halt>> = Mutex::new(None);
    let next = || receiver.lock().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|receiver| receiver.recv().ok());
    let one = || {
        while let Some(thing) = next() {
            if let Err(halt) = work(thing) {
                wrong.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(halt);
                // Whoever gives learns of it by its next gift.
                receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
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
}
