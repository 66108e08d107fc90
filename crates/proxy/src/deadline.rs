//! One timer per visitor connection, re-armed as seldom as possible.
//!
//! Nearly every deadline is pushed further away long before it comes. So a later deadline only notes the time; the
//! timer itself keeps its earlier one, and when it goes off too early it is armed again. A busy connection touches the
//! timer wheel about once per shortest timeout instead of several times per request.

use std::{
    future::{Future as _, poll_fn},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// When the thing that is being waited for must have happened.
pub(crate) struct Deadline {
    sleep: Pin<Box<Sleep>>,
    armed: Instant,
    due: Instant,
}

impl Deadline {
    /// A deadline this far from now.
    pub(crate) fn after(wait: Duration) -> Self {
        let due = Instant::now() + wait;
        Self { sleep: Box::pin(sleep_until(due)), armed: due, due }
    }

    /// Moves the deadline.
    pub(crate) fn set(&mut self, due: Instant) {
        self.due = due;
        if due < self.armed {
            self.arm();
        }
    }

    /// Ready when the deadline has passed. Cancel-safe, and keeps being ready until it is moved.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.sleep.as_mut().poll(cx));
            if self.due <= self.armed {
                return Poll::Ready(());
            }
            self.arm();
        }
    }

    /// Waits for one of two things: the deadline (`None`) or what `work` yields.
    pub(crate) async fn or<T>(&mut self, mut work: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Option<T> {
        poll_fn(|cx| match work(cx) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => self.poll(cx).map(|()| None),
        })
        .await
    }

    fn arm(&mut self) {
        self.armed = self.due;
        self.sleep.as_mut().reset(self.due);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn expired_after(deadline: &mut Deadline) -> Duration {
        let start = Instant::now();
        deadline.or(|_| Poll::<()>::Pending).await;
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_deadline_is_kept_although_the_timer_goes_off_early() {
        let mut deadline = Deadline::after(Duration::from_secs(1));
        deadline.set(Instant::now() + Duration::from_secs(5));
        assert_eq!(expired_after(&mut deadline).await.as_secs(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn an_earlier_deadline_moves_the_timer() {
        let mut deadline = Deadline::after(Duration::from_secs(100));
        deadline.set(Instant::now() + Duration::from_secs(2));
        assert_eq!(expired_after(&mut deadline).await.as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_passed_deadline_can_be_used_again() {
        let mut deadline = Deadline::after(Duration::from_secs(1));
        expired_after(&mut deadline).await;
        deadline.set(Instant::now() + Duration::from_secs(3));
        assert_eq!(expired_after(&mut deadline).await.as_secs(), 3);
    }
}
