//! Half a line of a stream waits for its other half.
//!
//! What has gone to the client cannot be taken back, and a stream may break anywhere: half an event in front of our error
//! would spoil it for clients that parse every event. No client can act on half a line, so keeping it back until its
//! end is there delays nobody; whole lines go on at once, as bytes that are never copied. (Whole events would be the
//! surer unit, but some vendors and clients make do without the blank lines between them.)

use std::collections::VecDeque;

use bytes::Bytes;

/// The most that is kept back. Beyond, a line is somebody's picture, and passes as it comes.
const LINE_BYTES_MAX: usize = 16 << 10;

/// The beginning of a line that has no end yet.
#[derive(Default)]
pub(super) struct Lines {
    open: Vec<Bytes>,
    bytes: usize,
}

impl Lines {
    /// Takes the next chunk; what can go on goes into `ready`.
    pub(super) fn take(&mut self, mut chunk: Bytes, ready: &mut VecDeque<Bytes>) {
        let whole = memchr::memrchr2(b'\n', b'\r', &chunk).map_or(0, |at| at + 1);
        if whole == 0 && self.bytes + chunk.len() <= LINE_BYTES_MAX {
            return self.keep(chunk);
        }
        self.release(ready);
        if whole == 0 || chunk.len() - whole > LINE_BYTES_MAX {
            ready.push_back(chunk);
        } else {
            ready.push_back(chunk.split_to(whole));
            self.keep(chunk);
        }
    }

    /// Lets go of what was kept back.
    pub(super) fn release(&mut self, ready: &mut VecDeque<Bytes>) {
        self.bytes = 0;
        ready.extend(self.open.drain(..));
    }

    fn keep(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.bytes += piece.len();
            self.open.push(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(lines: &mut Lines, chunk: impl Into<Bytes>) -> Vec<u8> {
        let mut ready = VecDeque::new();
        lines.take(chunk.into(), &mut ready);
        ready.into_iter().flatten().collect()
    }

    fn release(lines: &mut Lines) -> Vec<u8> {
        let mut ready = VecDeque::new();
        lines.release(&mut ready);
        ready.into_iter().flatten().collect()
    }

    #[test]
    fn whole_lines_pass_at_once_and_half_a_line_waits_for_its_end() {
        let mut lines = Lines::default();
        assert_eq!(take(&mut lines, "data: 1\n\n"), b"data: 1\n\n");
        assert_eq!(take(&mut lines, "data: 2\ndata"), b"data: 2\n");
        assert_eq!(take(&mut lines, ": "), b"");
        assert_eq!(take(&mut lines, "3\r\n"), b"data: 3\r\n");
        assert_eq!(take(&mut lines, "data: 4"), b"");
        assert_eq!(release(&mut lines), b"data: 4");
        assert_eq!(take(&mut lines, "\n"), b"\n");
    }

    #[test]
    fn a_line_too_long_to_keep_passes_as_it_comes() {
        let mut lines = Lines::default();
        let large = vec![b'x'; LINE_BYTES_MAX];
        assert!(take(&mut lines, large.clone()).is_empty());
        assert_eq!(take(&mut lines, "y").len(), LINE_BYTES_MAX + 1);
        assert_eq!(take(&mut lines, [b"\n", &*large, b"z"].concat()).len(), LINE_BYTES_MAX + 2);
        assert!(release(&mut lines).is_empty());
    }
}
