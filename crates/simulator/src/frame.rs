//! Amazon's frames, in which Bedrock's streams come: lengths, headers, a payload, and checksums over both.
//!
//! Written without a look at the gateway's reader of them, so that the two check each other.

/// An event as text, `kind {payload}` or `:exception kind {payload}`, as a frame.
pub(crate) fn of(event: &str) -> Vec<u8> {
    let (message_type, name, event) = match event.strip_prefix(":exception ") {
        Some(event) => ("exception", ":exception-type", event),
        None => ("event", ":event-type", event),
    };
    let (kind, payload) = event.split_once(' ').unwrap_or((event, "{}"));
    let mut headers = Vec::new();
    for (name, value) in
        [(name, kind), (":content-type", "application/json"), (":message-type", message_type)]
    {
        headers.push(u8::try_from(name.len()).expect("the names are short"));
        headers.extend_from_slice(name.as_bytes());
        // A text.
        headers.push(7);
        headers.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
        headers.extend_from_slice(&value.as_bytes()[..value.len().min(usize::from(u16::MAX))]);
    }
    let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    let mut frame = [number(16 + headers.len() + payload.len()), number(headers.len())].concat();
    frame.extend_from_slice(&crc32(&frame).to_be_bytes());
    frame.extend_from_slice(&headers);
    frame.extend_from_slice(payload.as_bytes());
    frame.extend_from_slice(&crc32(&frame).to_be_bytes());
    frame
}

/// ISO-HDLC, a bit at a time: nothing here is in a hurry.
fn crc32(bytes: &[u8]) -> u32 {
    let bit = |sum: u32| (sum >> 1) ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| bit(sum)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_as_amazon_publishes_it() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let frame = of("messageStop {}");
        let number = |at: usize| u32::from_be_bytes(frame[at..at + 4].try_into().expect("four bytes"));
        assert_eq!(number(0) as usize, frame.len());
        assert_eq!(number(8), crc32(&frame[..8]));
        assert_eq!(number(frame.len() - 4), crc32(&frame[..frame.len() - 4]));
        let text = String::from_utf8_lossy(&frame);
        assert!(text.contains("\u{b}:event-type\u{7}\0\u{b}messageStop"), "{text:?}");
        assert!(String::from_utf8_lossy(&of(":exception a {}")).contains("exception"));
    }
}
