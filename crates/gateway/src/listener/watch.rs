//! What a connection is doing, noted at no cost and looked at now and then.
//!
//! hyper's own head timeout also ends idle connections and arms a timer per request. Here the socket and the answers'
//! bodies leave marks ([`Activity`]), and one slow tick per connection ([`Vigil`]) judges by how many ticks in a row
//! nothing has changed. No clock is read on the request path.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::{Limits, framing::Heads};

/// The marks of one connection. Relaxed: they are read by the task that leaves most of them, or seconds later.
#[derive(Debug, Default)]
pub(super) struct Activity {
    /// Requests begun and not yet answered to the end.
    open: AtomicU32,
    /// Requests begun, ever.
    begun: AtomicU32,
    /// Bytes have come that belong to no request yet.
    partial_head: AtomicBool,
    /// The client's side is full.
    write_blocked: AtomicBool,
    /// Writes that got something out, ever.
    written: AtomicU32,
    /// Answers of which the client has something and has not fetched more. Under HTTP/2 that shows nowhere else: pings go
    /// out however full a stream is.
    unfetched: AtomicU32,
    /// Pieces of answers that were fetched, ever.
    fetched: AtomicU32,
    /// Which request, counted from 1, has an ambiguous head; 0: none. It is the connection's last.
    ambiguous: AtomicU32,
    /// The last answer ends the connection while its request may still be on its way.
    unread: AtomicBool,
}

/// How long a client may go on sending what nobody wants, to be able to read why.
const LINGER: Duration = Duration::from_secs(5);

/// A request that has begun; it is over when this is dropped.
pub(super) struct Begun {
    activity: Arc<Activity>,
    /// From 1.
    number: u32,
}

/// An answer's next piece, for which the client has not come yet.
struct Unfetched(Arc<Activity>);

/// How a connection stands when the tick comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Let it be.
    Fine,
    /// Nothing has been asked for a long time: to be closed politely.
    Idle,
    /// It takes up room and gets nowhere: to be closed.
    Stuck(&'static str),
}

/// The look at a connection, tick by tick.
pub(super) struct Vigil {
    activity: Arc<Activity>,
    limits: Limits,
    seen_begun: u32,
    seen_written: u32,
    seen_fetched: u32,
    head_ticks: u32,
    idle_ticks: u32,
    blocked_ticks: u32,
    unfetched_ticks: u32,
}

/// A socket that leaves marks.
pub(super) struct Watched<T> {
    io: T,
    activity: Arc<Activity>,
    /// None under HTTP/2, where bytes between requests mean nothing: pings and window updates come at any time.
    heads: Option<Heads>,
    /// Until when its sending side is waited for.
    linger: Option<Pin<Box<Sleep>>>,
}

pin_project! {
    /// An answer's body that holds its request open until it is gone.
    pub(super) struct Answering<B> {
        #[pin]
        body: B,
        begun: Begun,
        // Held while the client has not come for more.
        unfetched: Option<Unfetched>,
    }
}

// === impl Activity ===

impl Activity {
    /// A request has begun: its head is whole.
    pub(super) fn begin(self: &Arc<Self>) -> Begun {
        self.open.fetch_add(1, Relaxed);
        let number = self.begun.fetch_add(1, Relaxed).wrapping_add(1);
        self.partial_head.store(false, Relaxed);
        Begun { activity: Arc::clone(self), number }
    }

    /// The request is answered without having been read to its end.
    pub(super) fn leaves_unread(&self) {
        self.unread.store(true, Relaxed);
    }
}

impl Begun {
    /// Whether its head said the body's length twice.
    pub(super) fn is_ambiguous(&self) -> bool {
        self.activity.ambiguous.load(Relaxed) == self.number
    }

    /// Ties the request to the body of its answer.
    pub(super) fn answered<B>(self, body: B) -> Answering<B> {
        Answering { body, begun: self, unfetched: None }
    }
}

impl Unfetched {
    fn begin(activity: &Arc<Activity>) -> Self {
        activity.fetched.fetch_add(1, Relaxed);
        activity.unfetched.fetch_add(1, Relaxed);
        Unfetched(Arc::clone(activity))
    }
}

impl Drop for Unfetched {
    fn drop(&mut self) {
        self.0.unfetched.fetch_sub(1, Relaxed);
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.activity.open.fetch_sub(1, Relaxed);
    }
}

// === impl Vigil ===

impl Vigil {
    /// Ticks within the head limit: it is overstepped by one of them at most. It is also how late a connection notices
    /// that the process wants to end.
    const TICKS: u32 = 10;

    pub(super) fn new(activity: Arc<Activity>, limits: Limits) -> Self {
        Vigil {
            activity,
            limits,
            seen_begun: 0,
            seen_written: 0,
            seen_fetched: 0,
            head_ticks: 0,
            idle_ticks: 0,
            blocked_ticks: 0,
            unfetched_ticks: 0,
        }
    }

    /// How often to look.
    pub(super) fn tick(&self) -> Duration {
        self.limits.head / Self::TICKS
    }

    /// Looks. Called once per tick.
    pub(super) fn look(&mut self) -> Verdict {
        let begun = self.activity.begun.load(Relaxed);
        let written = self.activity.written.load(Relaxed);
        let moved = begun != self.seen_begun;
        let wrote = written != self.seen_written;
        let fetched = self.activity.fetched.load(Relaxed);
        let stopped = fetched == self.seen_fetched && self.activity.unfetched.load(Relaxed) > 0;
        (self.seen_begun, self.seen_written, self.seen_fetched) = (begun, written, fetched);

        let count = |ticks: &mut u32, still: bool| *ticks = if still { *ticks + 1 } else { 0 };
        let waiting = self.activity.open.load(Relaxed) == 0 && !moved;
        let partial = self.activity.partial_head.load(Relaxed);
        count(&mut self.head_ticks, waiting && partial);
        count(&mut self.idle_ticks, waiting && !partial && !wrote);
        count(&mut self.blocked_ticks, self.activity.write_blocked.load(Relaxed) && !wrote);
        count(&mut self.unfetched_ticks, stopped);

        if self.over(self.head_ticks, self.limits.head) {
            return Verdict::Stuck("its request's head did not come to an end");
        }
        if self.over(self.blocked_ticks, self.limits.stalled_write) {
            return Verdict::Stuck("it did not take what was written to it");
        }
        if self.over(self.unfetched_ticks, self.limits.stalled_write) {
            return Verdict::Stuck("it did not fetch what there was for it");
        }
        if self.over(self.idle_ticks, self.limits.idle) { Verdict::Idle } else { Verdict::Fine }
    }

    /// The first of the ticks may have come at once, so it takes one more.
    fn over(&self, ticks: u32, limit: Duration) -> bool {
        ticks > 0 && self.tick() * (ticks - 1) >= limit
    }
}

// === impl Watched ===

impl<T> Watched<T> {
    pub(super) fn http1(io: T, activity: Arc<Activity>) -> Self {
        Watched { io, activity, heads: Some(Heads::default()), linger: None }
    }

    pub(super) fn http2(io: T, activity: Arc<Activity>) -> Self {
        Watched { io, activity, heads: None, linger: None }
    }

    /// Closing a socket that has unread bytes resets it, and a reset may overtake the answer. So the client is read,
    /// and what it says thrown away, until it has seen the end or its time is over.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()>
    where
        T: AsyncRead + Unpin,
    {
        let mut waste = [0; 16 * 1024];
        let timer = self.linger.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        if timer.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        loop {
            let mut waste = ReadBuf::new(&mut waste);
            match ready!(Pin::new(&mut self.io).poll_read(cx, &mut waste)) {
                Ok(()) if !waste.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }

    fn wrote(&self, result: &Poll<io::Result<usize>>) {
        match result {
            Poll::Pending => self.activity.write_blocked.store(true, Relaxed),
            Poll::Ready(_) => {
                self.activity.write_blocked.store(false, Relaxed);
                self.activity.written.fetch_add(1, Relaxed);
            }
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let this = &mut *self;
        let result = Pin::new(&mut this.io).poll_read(cx, buf);
        let came = &buf.filled()[before..];
        if let Some(heads) = this.heads.as_mut().filter(|_| !came.is_empty())
            && this.activity.open.load(Relaxed) == 0
        {
            this.activity.partial_head.store(true, Relaxed);
            let begun = this.activity.begun.load(Relaxed);
            if heads.came(came, begun) {
                this.activity.ambiguous.store(begun.wrapping_add(1), Relaxed);
            }
        }
        result
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(cx, buf);
        self.wrote(&result);
        result
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.wrote(&result);
        result
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
        if self.activity.unread.load(Relaxed) {
            ready!(self.poll_linger(cx));
        }
        Poll::Ready(Ok(()))
    }
}

// === impl Answering ===

impl<B: Body> Body for Answering<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        *this.unfetched = None;
        let frame = ready!(this.body.as_mut().poll_frame(cx));
        if frame.is_some() && !this.body.is_end_stream() {
            *this.unfetched = Some(Unfetched::begin(&this.begun.activity));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vigil() -> (Arc<Activity>, Vigil) {
        let activity = Arc::new(Activity::default());
        (Arc::clone(&activity), Vigil::new(activity, Limits::default()))
    }

    /// How many looks it takes until the verdict is not `Fine`, and which it is.
    fn looks_until(vigil: &mut Vigil) -> (u32, Verdict) {
        (1..1000)
            .map(|looks| (looks, vigil.look()))
            .find(|(_, verdict)| *verdict != Verdict::Fine)
            .expect("a verdict within a thousand ticks")
    }

    #[test]
    fn half_a_head_is_given_ten_seconds_and_at_most_one_tick() {
        let (activity, mut vigil) = vigil();
        activity.partial_head.store(true, Relaxed);
        let (looks, verdict) = looks_until(&mut vigil);
        assert!(matches!(verdict, Verdict::Stuck(_)));
        assert_eq!(looks, Vigil::TICKS + 1);
    }

    #[test]
    fn an_idle_connection_is_kept_for_the_idle_limit() {
        let (_activity, mut vigil) = vigil();
        let (looks, verdict) = looks_until(&mut vigil);
        assert_eq!((looks, verdict), (76, Verdict::Idle));
    }

    #[test]
    fn an_answer_that_nobody_fetches_is_given_up() {
        let (activity, mut vigil) = vigil();
        let begun = activity.begin();
        let piece = Unfetched::begin(&activity);
        let (looks, verdict) = looks_until(&mut vigil);
        assert!(matches!(verdict, Verdict::Stuck(_)));
        assert_eq!(looks, 302);
        // Any piece that is fetched, of any answer, makes it a slow reader instead.
        drop(Unfetched::begin(&activity));
        assert_eq!(vigil.look(), Verdict::Fine);
        drop(piece);
        assert!((0..1000).all(|_| vigil.look() == Verdict::Fine), "it is the vendor's turn");
        drop(begun);
    }

    #[test]
    fn a_request_that_is_being_answered_may_take_for_ever() {
        let (activity, mut vigil) = vigil();
        let begun = activity.begin();
        assert!((0..10_000).all(|_| vigil.look() == Verdict::Fine));
        drop(begun);
        assert_eq!(looks_until(&mut vigil).1, Verdict::Idle);
    }

    #[test]
    fn a_client_that_takes_nothing_for_five_minutes_is_stuck_even_while_it_is_answered() {
        let (activity, mut vigil) = vigil();
        let _begun = activity.begin();
        activity.write_blocked.store(true, Relaxed);
        let (looks, verdict) = looks_until(&mut vigil);
        assert!(matches!(verdict, Verdict::Stuck(_)));
        assert_eq!(looks, 301);
    }
}
