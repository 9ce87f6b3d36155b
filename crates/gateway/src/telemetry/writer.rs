//! Log lines leave the threads that write them at once, and a thread of their own takes them to the output.
//!
//! A pipe whose reader is slow, or a terminal that was stopped, must not stop requests: what does not fit into the
//! buffer is dropped and counted, and the count is told as soon as there is room again. Lines gather for a moment and
//! are written together: waking the writer for every line cost a request more than anything else the gateway does.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use tracing_subscriber::fmt::MakeWriter;

/// Bytes that may wait: a fifth of a second of the access log at 80 000 requests per second.
const WAITING_BYTES_MAX: usize = 8 << 20;
/// How long lines gather: nobody who reads a log notices, and the writer wakes a hundred times a second at most.
const GATHER: Duration = Duration::from_millis(10);
/// How long the end of the process waits for the lines that are still waiting.
const FLUSH_LIMIT: Duration = Duration::from_secs(2);

/// Where log lines are handed in. Cheap to clone; the writer ends when the last one is gone.
#[derive(Clone, Debug)]
pub(super) struct Queue(Arc<Open>);

/// Closes the desk when the last [`Queue`] is gone.
#[derive(Debug)]
struct Open(Arc<Desk>);

/// Between those who hand in and the one who writes.
#[derive(Debug, Default)]
struct Desk {
    tray: Mutex<Tray>,
    /// The tray is no longer empty, or there is hurry.
    filled: Condvar,
    /// What was waiting is written.
    written: Condvar,
}

#[derive(Debug, Default)]
struct Tray {
    waiting: Vec<u8>,
    /// Lines that found no room since this was last told.
    dropped: u64,
    /// Batches taken out, and batches written.
    taken: u64,
    done: u64,
    /// Somebody waits in [`Queue::flush`]: no gathering.
    hurry: bool,
    closed: bool,
}

impl Queue {
    /// A queue whose lines go to `output`. `told` makes the line that says how many were dropped.
    pub(super) fn to(output: impl Write + Send + 'static, told: fn(u64) -> String) -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let open = Open(Arc::clone(&desk));
        thread::Builder::new().name("log".to_owned()).spawn(move || desk.write_out(output, told))?;
        Ok(Queue(Arc::new(open)))
    }

    /// Waits until what was handed in is written, but not for ever.
    pub(super) fn flush(&self) {
        let desk = &self.0.0;
        let deadline = Instant::now() + FLUSH_LIMIT;
        let mut tray = desk.lock();
        let goal = tray.taken + u64::from(!tray.waiting.is_empty() || tray.dropped > 0);
        while tray.done < goal {
            tray.hurry = true;
            desk.filled.notify_one();
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            tray = desk.written.wait_timeout(tray, left).unwrap_or_else(PoisonError::into_inner).0;
        }
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
        let desk = &self.0.0;
        let mut tray = desk.lock();
        if tray.waiting.len() + line.len() > WAITING_BYTES_MAX {
            tray.dropped += 1;
            return Ok(line.len());
        }
        let first = tray.waiting.is_empty();
        tray.waiting.extend_from_slice(line);
        drop(tray);
        if first {
            desk.filled.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.filled.notify_one();
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Tray> {
        self.tray.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when the desk is closed and empty. An output that is gone (a closed pipe) takes its lines with it.
    fn write_out(&self, mut output: impl Write, told: fn(u64) -> String) {
        let mut batch = Vec::new();
        while self.take(&mut batch, told) {
            let _ = output.write_all(&batch).and_then(|()| output.flush());
            batch.clear();
            self.lock().done += 1;
            self.written.notify_all();
        }
    }

    /// Waits for lines, lets them gather, and takes them out; false when none will ever come.
    fn take(&self, batch: &mut Vec<u8>, told: fn(u64) -> String) -> bool {
        let mut tray = self.lock();
        while tray.waiting.is_empty() && tray.dropped == 0 {
            if tray.closed {
                return false;
            }
            tray.hurry = false;
            tray = self.filled.wait(tray).unwrap_or_else(PoisonError::into_inner);
        }
        let until = Instant::now() + GATHER;
        while !tray.hurry && !tray.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            tray = self.filled.wait_timeout(tray, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        // The two buffers change places, so that neither is allocated anew.
        std::mem::swap(&mut tray.waiting, batch);
        tray.taken += 1;
        let lost = std::mem::take(&mut tray.dropped);
        drop(tray);
        if lost > 0 {
            batch.extend_from_slice(told(lost).as_bytes());
        }
        true
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
        // More than the tray and the batch that is being written hold together.
        let handed_in = 3 * WAITING_BYTES_MAX / b"line\n".len();
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
