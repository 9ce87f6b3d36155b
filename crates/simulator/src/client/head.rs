//! A response's head, and what it says about where the body ends.

use std::io;

use super::Response;

/// Most headers and trailers.
pub(super) const HEADERS_MAX: usize = 256;

/// How a response's body is delimited; what is left of it.
#[derive(Debug)]
pub(super) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

impl Framing {
    pub(super) fn of(response: &Response) -> io::Result<Framing> {
        if matches!(response.status, 101 | 204 | 304) {
            return Ok(Framing::Length(0));
        }
        if response.header("transfer-encoding").is_some_and(|it| it.eq_ignore_ascii_case("chunked")) {
            return Ok(Framing::Chunked);
        }
        match response.header("content-length") {
            None => Ok(Framing::UntilClose),
            Some(length) => length
                .parse()
                .map(Framing::Length)
                .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "content-length is no number")),
        }
    }
}

/// The head at the start of the input, and its length, if all of it is there.
pub(super) fn parse_head(input: &[u8]) -> io::Result<Option<(Response, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let length = match head.parse(input) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(io::Error::new(io::ErrorKind::InvalidData, error)),
    };
    let owned = |it: &httparse::Header<'_>| {
        (it.name.to_ascii_lowercase(), String::from_utf8_lossy(it.value).into_owned())
    };
    let headers = head.headers.iter().map(owned).collect();
    Ok(Some((Response { status: head.code.unwrap_or_default(), headers, ..Response::default() }, length)))
}
