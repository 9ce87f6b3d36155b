//! Amazon's binary framing of event streams: a length and its checksum, headers, a payload, a checksum over it all.

use std::sync::LazyLock;

/// The most that one frame may hold. Amazon's own limit is 16 MiB.
pub const FRAME_LIMIT: usize = 16 * 1024 * 1024;
/// Two lengths, their checksum, and the checksum at the end.
const OVERHEAD: usize = 16;

/// Bytes into frames, over any split.
#[derive(Default)]
pub struct Frames {
    held: Vec<u8>,
    is_broken: bool,
}

/// What stays out of logs: everything.
impl std::fmt::Debug for Frames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frames").field("held", &self.held.len()).field("is_broken", &self.is_broken).finish()
    }
}

/// One message of an event stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventFrame<'a> {
    /// `:message-type`: `event`, `exception` or `error`.
    pub message_type: &'a str,
    /// `:event-type` or `:exception-type` or `:error-code`: what it is.
    pub kind: &'a str,
    /// The payload, or what `:error-message` says.
    pub payload: &'a [u8],
}

/// Bytes that are no event stream. What follows them cannot be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrokenFrame;

impl Frames {
    /// Takes the next bytes and shows each frame that ends in them.
    pub fn feed(&mut self, bytes: &[u8], mut show: impl FnMut(EventFrame<'_>)) -> Result<(), BrokenFrame> {
        if self.is_broken {
            return Err(BrokenFrame);
        }
        self.held.extend_from_slice(bytes);
        let mut begun = 0;
        let result = loop {
            match frame(&self.held[begun..]) {
                Ok(Some((length, frame))) => {
                    show(frame);
                    begun += length;
                }
                Ok(None) => break Ok(()),
                Err(broken) => break Err(broken),
            }
        };
        self.held.drain(..begun);
        if result.is_err() {
            self.is_broken = true;
            self.held = Vec::new();
        }
        result
    }

    /// Whether a frame has begun and not ended.
    pub fn is_within(&self) -> bool {
        !self.held.is_empty()
    }
}

/// The first frame, and its length; nothing if it is not complete yet.
fn frame(bytes: &[u8]) -> Result<Option<(usize, EventFrame<'_>)>, BrokenFrame> {
    let (Some(total), Some(headers), Some(sum)) = (number(bytes, 0), number(bytes, 4), number(bytes, 8))
    else {
        return Ok(None);
    };
    let (total, headers) = (total as usize, headers as usize);
    let fits = total >= OVERHEAD && headers <= total - OVERHEAD && total <= FRAME_LIMIT;
    if !fits || crc32(&bytes[..8]) != sum {
        return Err(BrokenFrame);
    }
    let Some(whole) = bytes.get(..total) else { return Ok(None) };
    let (body, end) = whole.split_at(total - 4);
    if number(end, 0) != Some(crc32(body)) {
        return Err(BrokenFrame);
    }
    let mut frame = EventFrame { payload: &body[12 + headers..], ..EventFrame::default() };
    read_headers(&body[12..12 + headers], &mut frame).ok_or(BrokenFrame)?;
    Ok(Some((total, frame)))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn read_headers<'a>(mut bytes: &'a [u8], frame: &mut EventFrame<'a>) -> Option<()> {
    while let Some((&length, rest)) = bytes.split_first() {
        let (name, rest) = rest.split_at_checked(usize::from(length))?;
        let (&kind, rest) = rest.split_first()?;
        let (size, rest) = match kind {
            0 | 1 => (0, rest),
            2 => (1, rest),
            3 => (2, rest),
            4 => (4, rest),
            5 | 8 => (8, rest),
            6 | 7 => (usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])), &rest[2..]),
            9 => (16, rest),
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(size)?;
        bytes = rest;
        let text = || std::str::from_utf8(value).ok().filter(|_| kind == 7);
        match name {
            b":message-type" => frame.message_type = text()?,
            b":event-type" | b":exception-type" | b":error-code" => frame.kind = text()?,
            b":error-message" if frame.payload.is_empty() => frame.payload = value,
            _ => {}
        }
    }
    Some(())
}

/// The checksum of zip and gzip (ISO-HDLC).
fn crc32(bytes: &[u8]) -> u32 {
    static TABLE: LazyLock<[u32; 256]> = LazyLock::new(|| {
        std::array::from_fn(|n| {
            (0..8).fold(n as u32, |it, _| if it & 1 == 1 { 0xedb8_8320 ^ (it >> 1) } else { it >> 1 })
        })
    });
    let step = |sum: u32, byte: &u8| TABLE[usize::from(sum as u8 ^ byte)] ^ (sum >> 8);
    !bytes.iter().fold(u32::MAX, step)
}

/// A frame as Amazon writes it, for vendors that are simulated.
pub fn event_frame(message_type: &str, kind: &str, payload: &[u8]) -> Vec<u8> {
    let name = if message_type == "exception" { ":exception-type" } else { ":event-type" };
    let mut headers = Vec::new();
    for (name, value) in
        [(name, kind), (":content-type", "application/json"), (":message-type", message_type)]
    {
        let (name_length, value_length) = (name.len() as u8, (value.len() as u16).to_be_bytes());
        headers.push(name_length);
        headers.extend_from_slice(name.as_bytes());
        headers.push(7);
        headers.extend_from_slice(&value_length);
        headers.extend_from_slice(value.as_bytes());
    }
    let total = OVERHEAD + headers.len() + payload.len();
    let mut frame = Vec::with_capacity(total);
    frame.extend_from_slice(&(total as u32).to_be_bytes());
    frame.extend_from_slice(&(headers.len() as u32).to_be_bytes());
    frame.extend_from_slice(&crc32(&frame).to_be_bytes());
    frame.extend_from_slice(&headers);
    frame.extend_from_slice(payload);
    frame.extend_from_slice(&crc32(&frame).to_be_bytes());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn frames_are_found_however_they_are_cut() {
        let start = event_frame("event", "messageStart", br#"{"role":"assistant"}"#);
        let both = [start, event_frame("exception", "throttlingException", b"{}")].concat();
        for cut in 0..=both.len() {
            let mut frames = Frames::default();
            let mut seen = Vec::new();
            for piece in [&both[..cut], &both[cut..]] {
                frames.feed(piece, |it| seen.push((it.kind.to_owned(), it.payload.to_vec()))).unwrap();
            }
            assert_eq!(seen[0], ("messageStart".to_owned(), br#"{"role":"assistant"}"#.to_vec()), "{cut}");
            assert_eq!(seen[1], ("throttlingException".to_owned(), b"{}".to_vec()), "{cut}");
            assert!(!frames.is_within());
        }
    }

    #[test]
    fn a_changed_bit_is_noticed() {
        let good = event_frame("event", "messageStop", b"{}");
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let mut shown = 0;
            let _ = Frames::default().feed(&bad, |_| shown += 1);
            assert_eq!(shown, 0, "bit {bit}");
        }
    }
}
