//! One kept-alive HTTP/1.1 connection to the authority, over a plain socket: it costs the load generator next to nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// A connection.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    address: String,
}

/// What is sent.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    /// Media type of the body.
    pub(crate) kind: &'a str,
    /// Bearer token.
    pub(crate) secret: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

impl Connection {
    /// Opens a connection.
    pub(crate) fn open(address: &str) -> Result<Self> {
        let stream =
            TcpStream::connect(address).with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            address: address.to_owned(),
        })
    }

    /// So many.
    pub(crate) fn several(address: &str, count: usize) -> Result<Vec<Self>> {
        (0..count).map(|_| Self::open(address)).collect()
    }

    /// Sends and waits; returns the body of a 200.
    pub(crate) fn ask(&mut self, request: &Request<'_>) -> Result<Vec<u8>> {
        let (status, reply) = self.exchange(request)?;
        if status != 200 {
            bail!(
                "{} {}: {status} {}",
                request.method,
                request.path,
                String::from_utf8_lossy(&reply)
            );
        }
        Ok(reply)
    }

    /// Gives up waiting for an answer after this time.
    pub(crate) fn wait_at_most(&mut self, time: Duration) -> Result<()> {
        Ok(self.stream.get_ref().set_read_timeout(Some(time))?)
    }

    /// Sends and waits; returns status and body.
    pub(crate) fn exchange(&mut self, request: &Request<'_>) -> Result<(u16, Vec<u8>)> {
        let Request {
            method,
            path,
            kind,
            secret,
            body,
        } = request;
        let bearer = secret.map(|secret| format!("Authorization: Bearer {secret}\r\n"));
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\n{}\
             Content-Length: {}\r\n\r\n",
            self.address,
            bearer.unwrap_or_default(),
            body.len()
        );
        let whole = [head.as_bytes(), body].concat();
        self.stream.get_mut().write_all(&whole)?;
        let (status, length) = self.head()?;
        let mut reply = vec![0; length];
        self.stream.read_exact(&mut reply)?;
        Ok((status, reply))
    }

    /// Status and length of the body.
    fn head(&mut self) -> Result<(u16, usize)> {
        let (mut status, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                bail!("the authority closed a connection");
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            match line.split_once(": ") {
                None => status = line.split(' ').nth(1).and_then(|code| code.parse().ok()),
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().context("a length that is no number")?;
                }
                Some(_) => {}
            }
        }
        Ok((status.context("no status line")?, length))
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn one_connection_carries_several_requests() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            for reply in [
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes",
                "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy",
            ] {
                let mut buffer = [0; 1024];
                let count = stream.read(&mut buffer).unwrap();
                asked.push(String::from_utf8_lossy(&buffer[..count]).into_owned());
                stream.write_all(reply.as_bytes()).unwrap();
            }
            asked
        });
        let mut connection = Connection::open(&address).unwrap();
        let request = Request {
            method: "POST",
            path: "/a",
            kind: "text/plain",
            secret: Some("sk"),
            body: b"question",
        };
        assert_eq!(connection.ask(&request).unwrap(), b"yes");
        let error = connection.ask(&request).unwrap_err().to_string();
        assert_eq!(error, "POST /a: 503 busy");
        let asked = served.join().unwrap();
        assert!(asked[0].contains("Authorization: Bearer sk\r\nContent-Length: 8\r\n\r\nquestion"));
    }
}
