//! Log lines leave the threads that write them at once, and a thread of their own takes them to the output.
//!
//! A pipe whose reader is slow, or a terminal that was stopped, must not stop requests: what does not fit into the
//! queue is dropped and counted, and the count is told as soon as there is room again.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait: a fifth of a second of the access log at 80 000 requests per second, some 8 MiB.
const QUEUE: usize = 16 * 1024;
/// Lines taken out together are written together.
const BATCH_BYTES: usize = 64 * 1024;
/// How long the end of the process waits for the lines that are still queued.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);
/// How often it looks for room while the queue is full.
const FLUSH_RETRY: Duration = Duration::from_millis(5);

enum Message {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

/// Where log lines are handed in. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    sender: SyncSender<Message>,
    dropped: Arc<AtomicU64>,
}

impl Queue {
    /// A queue whose lines go to `output`. `told` makes the line that says how many were dropped.
    pub(super) fn to(output: impl Write + Send + 'static, told: fn(u64) -> String) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&dropped);
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_out(&receiver, output, &counted, told))?;
        Ok(Queue { sender, dropped })
    }

    /// Waits until what was handed in is written, but not for ever.
    pub(super) fn flush(&self) {
        let deadline = Instant::now() + FLUSH_LIMIT;
        let (done, written) = sync_channel(1);
        let mut request = Message::Flush(done);
        while let Err(TrySendError::Full(back)) = self.sender.try_send(request) {
            if Instant::now() >= deadline {
                return;
            }
            request = back;
            thread::sleep(FLUSH_RETRY);
        }
        // An error means that there is nobody to wait for, or no time left.
        let _ = written.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

impl<'a> MakeWriter<'a> for Queue {
    type Writer = &'a Queue;

    fn make_writer(&'a self) -> &'a Queue {
        self
    }
}

impl Write for &Queue {
    /// One call is one line: that is how the formatter writes.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.sender.try_send(Message::Line(line.to_vec())).is_err() {
            self.dropped.fetch_add(1, Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Ends when the last [`Queue`] is gone. An output that is gone (a closed pipe) takes its lines with it.
fn write_out(
    receiver: &Receiver<Message>,
    mut output: impl Write,
    dropped: &AtomicU64,
    told: fn(u64) -> String,
) {
    let mut batch = Vec::with_capacity(BATCH_BYTES);
    while let Ok(first) = receiver.recv() {
        let mut next = Some(first);
        let mut flushed = None;
        while let Some(message) = next {
            match message {
                Message::Line(line) => batch.extend_from_slice(&line),
                Message::Flush(done) => flushed = Some(done),
            }
            next = if batch.len() < BATCH_BYTES { receiver.try_recv().ok() } else { None };
        }
        let lost = dropped.swap(0, Relaxed);
        if lost > 0 {
            batch.extend_from_slice(told(lost).as_bytes());
        }
        let _ = output.write_all(&batch).and_then(|()| output.flush());
        batch.clear();
        if let Some(done) = flushed {
            let _ = done.send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use super::*;

    /// An output that takes nothing until it is let, and keeps what it was given.
    struct Gate {
        open: mpsc::Receiver<()>,
        written: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.open.recv();
            self.written.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_takes_nothing_costs_lines_and_not_time_and_the_loss_is_told() {
        let (let_go, open) = mpsc::channel();
        let written = Arc::default();
        let gate = Gate { open, written: Arc::clone(&written) };
        let queue = Queue::to(gate, |lost| format!("lost {lost}\n")).unwrap();
        // More than the queue and the batch that is being written hold together.
        let handed_in = 3 * QUEUE;
        for _ in 0..handed_in {
            (&queue).write_all(b"line\n").unwrap();
        }
        drop(let_go);
        queue.flush();
        (&queue).write_all(b"line\n").unwrap();
        queue.flush();

        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let kept = text.lines().filter(|it| *it == "line").count();
        let lost: usize = text
            .lines()
            .filter_map(|it| it.strip_prefix("lost "))
            .map(|it| it.parse::<usize>().unwrap())
            .sum();
        assert_eq!(kept + lost, handed_in + 1, "every line is either written or counted");
        assert!(lost >= 1);
    }
}
