//! Where a target is: hosts, ports, base URLs, and which of them nobody may name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A raw-host target, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPort {
    /// Lowercase name, or an IP without brackets.
    pub(crate) host: String,
    /// What was written.
    pub(crate) port: Option<u16>,
}

/// A base URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    /// https.
    pub(crate) tls: bool,
    /// Lowercase name, or an IP without brackets.
    pub(crate) host: String,
    /// The scheme's own if none is written.
    pub(crate) port: u16,
    /// Without a trailing slash; empty for none.
    pub(crate) path: String,
}

/// The port of a raw-host target that names none.
pub(crate) const PORT_DEFAULT: u16 = 443;

/// `host`, `host:port`, `[ipv6]:port` or `[ipv6]`.
pub(crate) fn host_and_port(text: &str) -> Result<HostPort, String> {
    let (host, port) = split(text)?;
    let port = match port {
        None => None,
        Some(port) => Some(port_number(port)?),
    };
    Ok(HostPort { host, port })
}

/// The same for a target, which may not be everywhere.
pub(crate) fn raw_target(text: &str) -> Result<HostPort, String> {
    if text.contains("://") || text.contains(['/', '?', '#']) {
        return Err(
            "expected host:port, without a scheme or a path (set 'scheme' where the port does not say it)"
                .to_owned(),
        );
    }
    let address = host_and_port(text)?;
    refuse(&address.host)?;
    Ok(address)
}

/// How a raw-host target reads back: `host:port`.
pub(crate) fn canonical(text: &str) -> Option<String> {
    let address = raw_target(text).ok()?;
    Some(bracketed(&address.host, address.port.unwrap_or(PORT_DEFAULT)))
}

/// `host:port`, IPv6 in brackets.
pub(crate) fn bracketed(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// A vendor's base URL.
pub(crate) fn base_url(text: &str) -> Result<BaseUrl, String> {
    let (tls, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
        _ => return Err("expected a URL that starts with https:// or http://".to_owned()),
    };
    let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    if path.contains(['?', '#']) || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = "a base URL has no query, fragment or spaces";
        return Err(match path.contains("api-version=") {
            true => format!("{message}: Azure's api-version goes into the provider's api_version"),
            false => message.to_owned(),
        });
    }
    let address = host_and_port(authority)?;
    refuse(&address.host)?;
    let port = address.port.unwrap_or(if tls { 443 } else { 80 });
    Ok(BaseUrl { tls, host: address.host, port, path: path.trim_end_matches('/').to_owned() })
}

fn split(text: &str) -> Result<(String, Option<&str>), String> {
    if text.contains('@') {
        return Err("must not contain user information".to_owned());
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (inside, after) = rest.split_once(']').ok_or("'[' without ']'")?;
        let ip: Ipv6Addr = inside.parse().map_err(|_| "not an IPv6 address in the brackets".to_owned())?;
        let port = match after {
            "" => None,
            after => Some(after.strip_prefix(':').ok_or("expected ':' and a port after ']'")?),
        };
        return Ok((ip.to_string(), port));
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    if port.is_some_and(|it| it.contains(':')) {
        return Err("an IPv6 address goes in brackets: [::1]:8080".to_owned());
    }
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    label_check(&host)?;
    Ok((host, port))
}

/// Names as DNS and hosts files have them, underscores included: containers are called so.
fn label_check(host: &str) -> Result<(), String> {
    const HOST_MAX: usize = 253;
    const LABEL_MAX: usize = 63;
    let label_fits = |label: &str| {
        (1..=LABEL_MAX).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if host.len() > HOST_MAX || !host.split('.').all(label_fits) {
        return Err("not a valid hostname or address".to_owned());
    }
    // `127.1` and `0x7f000001` are addresses to some resolvers: a name whose last label is a number must be an IPv4.
    let last = host.rsplit('.').next().unwrap_or_default();
    let numeric = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if numeric && host.parse::<Ipv4Addr>().is_err() {
        return Err("not a valid hostname or address".to_owned());
    }
    Ok(())
}

fn port_number(text: &str) -> Result<u16, String> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse::<u16>().ok().filter(|it| digits && *it > 0);
    number.ok_or_else(|| "the port must be a number between 1 and 65535".to_owned())
}

/// Link-local and metadata addresses are never a model server; they are how a gateway is made to read its own cloud's
/// secrets. Names are checked again where they are resolved.
fn refuse(host: &str) -> Result<(), String> {
    const METADATA_NAMES: [&str; 3] = ["metadata.google.internal", "metadata.goog", "instance-data"];
    let refused = match host.parse::<IpAddr>() {
        Ok(ip) => is_refused(ip),
        Err(_) => METADATA_NAMES.contains(&host),
    };
    if refused { Err("link-local and metadata addresses are refused".to_owned()) } else { Ok(()) }
}

/// Whether an address is never connected to, by whatever name it was found.
pub fn is_refused(ip: IpAddr) -> bool {
    /// Alibaba Cloud's and Oracle's metadata services, and AWS's over IPv6.
    const METADATA_V4: [Ipv4Addr; 2] = [Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(192, 0, 0, 192)];
    const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match ip {
        IpAddr::V4(ip) => {
            ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_broadcast()
                || ip.is_multicast()
                || METADATA_V4.contains(&ip)
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_refused(IpAddr::V4(ip)),
            None => {
                ip.is_unicast_link_local() || ip.is_unspecified() || ip.is_multicast() || ip == METADATA_V6
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(canonical(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn a_target_is_a_host_and_a_port_and_443_if_it_names_none() {
        check("api.openai.com:443", Some("api.openai.com:443"));
        check("api.openai.com", Some("api.openai.com:443"));
        check("API.OpenAI.com.:8080", Some("api.openai.com:8080"));
        check("127.0.0.1:9000", Some("127.0.0.1:9000"));
        check("[::1]:9000", Some("[::1]:9000"));
        check("[::1]", Some("[::1]:443"));
        check("my_container:80", Some("my_container:80"));
    }

    #[test]
    fn what_is_no_host_and_port_is_refused() {
        for text in [
            "",
            ":80",
            "host:",
            "host:0",
            "host:65536",
            "host:+80",
            "host:80:90",
            "::1",
            "[::1",
            "[::1]80",
            "user@host:80",
            "https://host",
            "host/path",
            "host?x",
            "ho st",
            "host\r\nx: y",
            "a..b",
            "127.1:80",
            "0x7f000001",
            "2130706433",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn link_local_and_metadata_addresses_are_refused_by_every_spelling() {
        for text in [
            "169.254.169.254:80",
            "[fe80::1]:80",
            "[::ffff:169.254.169.254]:80",
            "metadata.google.internal:80",
            "METADATA.google.internal.",
            "0.0.0.0:80",
            "[fd00:ec2::254]",
            "100.100.100.200",
        ] {
            check(text, None);
        }
        assert!(base_url("http://169.254.169.254/v1").is_err());
    }

    #[test]
    fn a_base_url_is_taken_apart() {
        let url = base_url("https://api.groq.com/openai/v1/").expect("valid");
        assert_eq!(
            (url.tls, url.host.as_str(), url.port, url.path.as_str()),
            (true, "api.groq.com", 443, "/openai/v1")
        );
        let url = base_url("http://127.0.0.1:8080").expect("valid");
        assert_eq!((url.tls, url.host.as_str(), url.port, url.path.as_str()), (false, "127.0.0.1", 8080, ""));
        for text in
            ["api.openai.com", "ftp://x", "https://", "https://u:p@x/", "https://x/?k=v", "https://x/ y"]
        {
            assert!(base_url(text).is_err(), "{text}");
        }
    }
}
