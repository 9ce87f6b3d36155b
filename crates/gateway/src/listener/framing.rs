//! Heads that say their body's length twice: `content-length` beside `transfer-encoding`, or either of them again.
//!
//! hyper reads such a request as RFC 9112 6.3 allows, chunked, and drops the length, so that nobody behind it can tell.
//! But a proxy in front of us may have gone by the length and taken the rest for another's request: such a request is
//! refused. So heads are looked at as they come in. A head begins where bytes come while no request is open, because
//! clients wait for their answer; one that is pipelined behind another is not looked at (and, like all, framed anew on
//! its way to a vendor).

use super::connection::HEAD_BYTES_MAX;

/// The heads of one connection, as its bytes come in.
#[derive(Debug, Default)]
pub(super) struct Heads {
    /// The beginning of a head whose end is not here yet.
    partial: Vec<u8>,
    /// How many requests had begun when the last head was whole: what comes until the next has is no head.
    looked: Option<u32>,
}

/// A request whose head is ambiguous, as its extension tells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ambiguous;

impl Heads {
    /// Bytes have come while no request was open and `begun` had been. True: the head that they end is ambiguous.
    pub(super) fn came(&mut self, bytes: &[u8], begun: u32) -> bool {
        if self.looked == Some(begun) {
            return false;
        }
        let verdict = if self.partial.is_empty() {
            look(bytes)
        } else {
            self.partial.extend_from_slice(bytes);
            look(&self.partial)
        };
        match verdict {
            // hyper refuses what is longer.
            None if self.partial.len() + bytes.len() <= 2 * HEAD_BYTES_MAX => {
                if self.partial.is_empty() {
                    self.partial.extend_from_slice(bytes);
                }
                false
            }
            verdict => {
                self.partial = Vec::new();
                self.looked = Some(begun);
                verdict.unwrap_or(false)
            }
        }
    }
}

/// Whether a head is ambiguous; `None` while its end is missing.
fn look(bytes: &[u8]) -> Option<bool> {
    let (mut lengths, mut codings) = (0, 0);
    let mut rest = bytes;
    let mut first = true;
    loop {
        let end = memchr::memchr(b'\n', rest)?;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        rest = &rest[end + 1..];
        match line {
            // Empty lines in front of a request are skipped (RFC 9112 2.2).
            [] if first => continue,
            [] => return Some(lengths + codings > 1),
            _ => first = false,
        }
        // Most names differ in their length already.
        match memchr::memchr(b':', line) {
            Some(14) if line[..14].eq_ignore_ascii_case(b"content-length") => lengths += 1,
            Some(17) if line[..17].eq_ignore_ascii_case(b"transfer-encoding") => codings += 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(lines: &[&str]) -> Vec<u8> {
        let mut head = String::from("POST /v1/x HTTP/1.1\r\nhost: x\r\n");
        lines.iter().for_each(|line| head.extend([line, "\r\n"]));
        (head + "\r\n").into_bytes()
    }

    const AMBIGUOUS: [&[&str]; 5] = [
        &["content-length: 4", "transfer-encoding: chunked"],
        &["Transfer-Encoding: chunked", "X-A: b", "Content-Length: 4"],
        &["content-length: 3", "content-length: 3"],
        &["transfer-encoding: identity", "transfer-encoding: chunked"],
        &["CONTENT-LENGTH:4", "TRANSFER-ENCODING:chunked"],
    ];
    const CLEAR: [&[&str]; 4] = [
        &[],
        &["content-length: 4"],
        &["transfer-encoding: chunked"],
        &["content-length: 4", "x-note: transfer-encoding: chunked", "content-lengths: 5"],
    ];

    #[test]
    fn a_head_that_says_its_length_twice_is_ambiguous_however_it_is_cut() {
        for (heads, ambiguous) in [(&AMBIGUOUS[..], true), (&CLEAR[..], false)] {
            for lines in heads {
                let mut head = head(lines);
                let end = head.len();
                head.extend(b"body\ncontent-length: 1\ntransfer-encoding: x\n\n");
                for cut in 0..=end {
                    let mut heads = Heads::default();
                    let (one, two) = head.split_at(cut);
                    let found = heads.came(one, 0) | heads.came(two, 0);
                    assert_eq!(found, ambiguous, "{lines:?} cut at {cut}");
                    assert!(heads.partial.is_empty());
                }
            }
        }
    }

    #[test]
    fn what_comes_behind_a_head_is_none_until_its_request_has_begun() {
        let mut heads = Heads::default();
        assert!(!heads.came(&head(&["content-length: 200"]), 0));
        assert!(!heads.came(&head(AMBIGUOUS[0]), 0), "a body may look like anything");
        assert!(heads.came(&head(AMBIGUOUS[0]), 1));
    }

    #[test]
    fn a_head_without_an_end_is_not_kept_for_ever() {
        let mut heads = Heads::default();
        for _ in 0..100 {
            heads.came(&[b'a'; 8 << 10], 0);
            assert!(heads.partial.len() <= 2 * HEAD_BYTES_MAX);
        }
    }
}
