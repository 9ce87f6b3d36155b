//! What a request is aimed at: one length, one method, one host and one path, whoever reads them.
//!
//! Routes match the path as it is written and vendors are asked for it as it is written. A path that somebody further on
//! would normalise, or a host that two readers would take for two, is refused instead of interpreted.

use http::{Method, Version, header, request::Parts};
use percent_encoding::percent_decode_str;

use crate::{listener::Ambiguous, proxy::answer::Failure};

/// Checks the framing, method, host and path.
pub(in crate::proxy) fn check(head: &Parts) -> Result<(), Box<Failure>> {
    if head.extensions.get::<Ambiguous>().is_some() {
        let message =
            "the request says the length of its body twice: send content-length or transfer-encoding, once";
        return Err(Failure::invalid(message, None).leaving_unread());
    }
    // A vendor that answers TRACE sends back what it was sent: the operator's key.
    if matches!(head.method, Method::TRACE | Method::CONNECT) {
        return Err(Failure::method_not_allowed(&head.method));
    }
    check_host(head)?;
    if has_dot_segment(head.uri.path()) {
        return Err(Failure::invalid("the path must not contain the dot segments '.' and '..'", None));
    }
    Ok(())
}

/// RFC 9112 3.2, RFC 9113 8.3.1: exactly one host, and one that can be one.
fn check_host(head: &Parts) -> Result<(), Box<Failure>> {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(Failure::invalid("the request has several 'host' headers", None));
    }
    if host.is_none() && head.version == Version::HTTP_11 {
        return Err(Failure::invalid("the request has no 'host' header", None));
    }
    if host.is_some_and(|it| !it.as_bytes().iter().all(|&byte| may_stand_in_host(byte))) {
        return Err(Failure::invalid("the 'host' header is not a host", None));
    }
    let authority = head.uri.authority().map(|it| it.as_str().as_bytes());
    if let (Version::HTTP_2, Some(authority), Some(host)) = (head.version, authority, host)
        && !authority.eq_ignore_ascii_case(host.as_bytes())
    {
        return Err(Failure::invalid("':authority' and 'host' differ", None));
    }
    Ok(())
}

fn may_stand_in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:[]%!$&'()*+,;=".contains(&byte)
}

/// Also where they, or the slashes around them, are percent-encoded.
fn has_dot_segment(path: &str) -> bool {
    let is_dots = |segment: &[u8]| matches!(segment, b"." | b"..");
    if !path.contains('%') {
        return path.split(['/', '\\']).any(|it| is_dots(it.as_bytes()));
    }
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    decoded.split(|it| matches!(it, b'/' | b'\\')).any(is_dots)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn dot_segments_are_found_however_they_are_written() {
        for path in
            ["/a/../b", "/a/.", "/./a", "/a/%2e%2E/b", "/a/.%2e", "/a/..%2fb", "/a%2f..%5Cb", "/a/..\\b"]
        {
            assert!(has_dot_segment(path), "{path}");
        }
        for path in ["/", "/a/.b", "/a/b..", "/a/...", "/a//b", "/models/org%2Fname.v1", "/a/%252e%252e/b"] {
            assert!(!has_dot_segment(path), "{path}");
        }
    }

    #[test]
    fn there_is_exactly_one_host() {
        let admitted = |version, uri: &str, hosts: &[&str]| {
            let mut request = Request::post(uri).version(version);
            for host in hosts {
                request = request.header(header::HOST, *host);
            }
            check(&request.body(()).unwrap().into_parts().0).is_ok()
        };
        let (one, two) = (Version::HTTP_11, Version::HTTP_2);
        assert!(admitted(one, "/x", &["a.test:80"]) && admitted(one, "/x", &["[::1]:80"]));
        assert!(admitted(one, "/x", &[""]) && admitted(one, "http://b.test/x", &["a.test"]));
        assert!(!admitted(one, "/x", &[]) && !admitted(one, "/x", &["a", "a"]));
        assert!(
            !admitted(one, "/x", &["a b"])
                && !admitted(one, "/x", &["u@a"])
                && !admitted(one, "/x", &["a/b"])
        );
        assert!(admitted(Version::HTTP_10, "/x", &[]));
        assert!(admitted(two, "https://a.test/x", &[]) && admitted(two, "https://a.test/x", &["A.test"]));
        assert!(!admitted(two, "https://a.test/x", &["b.test"]));
    }
}
