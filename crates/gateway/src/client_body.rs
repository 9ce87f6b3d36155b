//! A client's body as it comes: bounded in bytes, in silence and in slowness.
//!
//! Only time spent waiting for the client counts, so a vendor that takes its time is not held against anybody's upload.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::Body;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

/// Longest silence in the middle of a body. Uploads are slow sometimes, never silent for this long.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How long a client may be waited for in all, and how many bytes buy it another second: no uplink in use is slower.
const PATIENCE: Duration = Duration::from_secs(60);
const BYTES_PER_SECOND_MIN: u64 = 1024;

/// A body with its bounds.
pub(crate) struct ClientBody<B = Incoming> {
    body: B,
    /// Bytes that may still come.
    room: u64,
    /// Bytes that have come.
    taken: u64,
    /// Time spent waiting for the client.
    waited: Duration,
    /// Since when it is waited for, and until when.
    wait: Option<(Instant, Pin<Box<Sleep>>)>,
    /// Says so to others.
    slow: Slow,
}

/// Whether the client is being waited for right now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slow(Option<Arc<AtomicBool>>);

/// Why there is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyEnded {
    #[error("the request's body broke off")]
    Broke,
    #[error("the request's body is larger than allowed")]
    TooLarge,
    #[error("the request's body did not arrive in time")]
    TooSlow,
}

impl<B: Body<Data = Bytes> + Unpin> ClientBody<B> {
    /// At most `most` bytes of `body`.
    pub(crate) fn new(body: B, most: u64) -> Self {
        ClientBody { body, room: most, taken: 0, waited: Duration::ZERO, wait: None, slow: Slow(None) }
    }

    /// A look at whether the client is being waited for, for as long as the body is read.
    pub(crate) fn slow(&mut self) -> Slow {
        self.slow.0.get_or_insert_default();
        self.slow.clone()
    }

    /// Whether all of it has been taken.
    pub(crate) fn is_end(&self) -> bool {
        self.body.is_end_stream()
    }

    /// The next bytes, never none; `None` at the end. Trailers are passed over.
    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyEnded>>> {
        loop {
            let frame = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending => return self.wait(cx).map(|()| Some(Err(BodyEnded::TooSlow))),
            };
            if let Some((since, _)) = self.wait.take() {
                self.waited += since.elapsed();
                self.slow.set(false);
            }
            match frame {
                None => return Poll::Ready(None),
                Some(Err(_)) => return Poll::Ready(Some(Err(BodyEnded::Broke))),
                Some(Ok(frame)) => {
                    let Some(data) = frame.into_data().ok().filter(|it| !it.is_empty()) else { continue };
                    let Some(room) = self.room.checked_sub(data.len() as u64) else {
                        return Poll::Ready(Some(Err(BodyEnded::TooLarge)));
                    };
                    self.room = room;
                    self.taken += data.len() as u64;
                    return Poll::Ready(Some(Ok(data)));
                }
            }
        }
    }

    /// The next bytes.
    pub(crate) async fn chunk(&mut self) -> Option<Result<Bytes, BodyEnded>> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Ready when it has been waited for long enough.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (_, timer) = match &mut self.wait {
            Some(wait) => wait,
            None => {
                self.slow.set(true);
                let earned = Duration::from_secs(self.taken / BYTES_PER_SECOND_MIN);
                let left = (PATIENCE + earned).saturating_sub(self.waited).min(SILENCE_MAX);
                let now = Instant::now();
                self.wait.insert((now, Box::pin(sleep_until(now + left))))
            }
        };
        timer.as_mut().poll(cx)
    }
}

impl Slow {
    /// Whether it is so.
    pub(crate) fn now(&self) -> bool {
        self.0.as_ref().is_some_and(|it| it.load(Relaxed))
    }

    fn set(&self, slow: bool) {
        if let Some(flag) = &self.0 {
            flag.store(slow, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, convert::Infallible};

    use http_body::Frame;

    use super::*;

    /// So many bytes after so many seconds, again and again.
    struct Paced {
        pieces: VecDeque<(u64, usize)>,
        timer: Option<Pin<Box<Sleep>>>,
    }

    impl Body for Paced {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            let Some(&(seconds, bytes)) = self.pieces.front() else {
                return Poll::Ready(None);
            };
            let due = Instant::now() + Duration::from_secs(seconds);
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            std::task::ready!(timer.as_mut().poll(cx));
            self.timer = None;
            self.pieces.pop_front();
            Poll::Ready(Some(Ok(Frame::data(vec![b'x'; bytes].into()))))
        }
    }

    fn paced(pieces: impl IntoIterator<Item = (u64, usize)>, most: u64) -> ClientBody<Paced> {
        ClientBody::new(Paced { pieces: pieces.into_iter().collect(), timer: None }, most)
    }

    async fn read(mut body: ClientBody<Paced>, between: Duration) -> (u64, Result<(), BodyEnded>) {
        loop {
            match body.chunk().await {
                None => return (body.taken, Ok(())),
                Some(Ok(_)) => tokio::time::sleep(between).await,
                Some(Err(ended)) => return (body.taken, Err(ended)),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_be_slow_but_neither_silent_nor_slower_than_any_uplink() {
        let check = async |pieces: Vec<(u64, usize)>, expected| {
            let read = read(paced(pieces.clone(), u64::MAX), Duration::ZERO).await;
            assert_eq!(read, expected, "{:?}", &pieces[..pieces.len().min(3)]);
        };
        check(vec![(0, 10), (59, 10), (0, 1)], (21, Ok(()))).await;
        check(vec![(0, 10), (61, 10)], (10, Err(BodyEnded::TooSlow))).await;
        // A byte now and then is cut off after a minute, however often it comes.
        check(vec![(7, 1); 100], (8, Err(BodyEnded::TooSlow))).await;
        // Twenty kilobytes every ten seconds may go on for hours.
        check(vec![(10, 20_480); 1000], (20_480_000, Ok(()))).await;
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_the_reader_takes_is_not_the_clients() {
        let pieces = vec![(1, 1); 50];
        assert_eq!(read(paced(pieces, u64::MAX), Duration::from_secs(30)).await, (50, Ok(())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_of_unknown_length_is_bounded_too() {
        assert_eq!(read(paced([(0, 6), (0, 4)], 10), Duration::ZERO).await, (10, Ok(())));
        assert_eq!(read(paced([(0, 6), (0, 5)], 10), Duration::ZERO).await, (6, Err(BodyEnded::TooLarge)));
    }

    #[tokio::test(start_paused = true)]
    async fn whether_the_client_is_waited_for_can_be_seen() {
        let mut body = paced([(1, 1), (5, 1)], 10);
        let slow = body.slow();
        assert!(!slow.now());
        assert!(body.chunk().await.is_some());
        assert!(!slow.now());
        assert!(tokio::time::timeout(Duration::from_secs(1), body.chunk()).await.is_err());
        assert!(slow.now());
        assert!(body.chunk().await.is_some());
        assert!(!slow.now());
    }
}
