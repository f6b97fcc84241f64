#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

fn request() -> Request {
    Request {
        method: "POST".into(),
        scheme: "https".into(),
        authority: "id.example.gov".into(),
        path: "/v1/sessions".into(),
        fields: vec![Field {
            name: "content-type".into(),
            value: b"application/json".to_vec(),
        }],
        content: b"{}".to_vec(),
    }
}

fn response(content: usize) -> Response {
    Response {
        status: 409,
        fields: vec![],
        content: vec![7; content],
    }
}

#[test]
fn a_message_goes_there_and_back_in_steps_of_bytes() {
    for content in [0, 1, 62, 63, 64, 16_382, 16_383, 16_384, 70_000] {
        for step in [0, 1, 1024, 4096] {
            let mut sent = request();
            sent.content = vec![1; content];
            let bytes = sent.encode(step);
            assert_eq!(bytes.len() % step.max(1), 0);
            assert!(Request::decode(&bytes) == Ok(sent), "{content}, {step}");
            let bytes = response(content).encode(step);
            assert!(Response::decode(&bytes) == Ok(response(content)));
        }
    }
    let of = |content| response(content).encode(4096).len();
    assert_eq!((of(0), of(3000)), (4096, 4096));
}

/// RFC 9292 §5.1, examples 1 and 2: the same request in both forms.
#[test]
fn the_requests_of_the_rfc_are_read() {
    let head = "0347455405687474707300";
    let path = "0a2f68656c6c6f2e747874";
    let fields = [
        (
            "user-agent",
            "curl/7.16.3 libcurl/7.16.3 OpenSSL/0.9.7l zlib/1.2.3",
        ),
        ("host", "www.example.com"),
        ("accept-language", "en, mi"),
    ];
    let mut section = Vec::new();
    for (name, value) in fields {
        write_bytes(&mut section, name.as_bytes());
        write_bytes(&mut section, value.as_bytes());
    }
    assert_eq!(section.len(), 0x6c, "as the RFC has it: 406c");
    let known = [
        hex(&format!("00{head}{path}406c")),
        section.clone(),
        hex("0000"),
    ]
    .concat();
    let indeterminate = [
        hex(&format!("02{head}{path}")),
        section,
        // The end of the fields, content and trailers; ten bytes of padding.
        hex("000000"),
        vec![0; 10],
    ]
    .concat();
    for message in [known, indeterminate] {
        let read = Request::decode(&message).map_err(|_| ()).unwrap();
        assert_eq!(
            (read.method.as_str(), read.path.as_str()),
            ("GET", "/hello.txt")
        );
        assert_eq!(read.field("host"), Some("www.example.com"));
        assert_eq!((read.authority.as_str(), read.content.len()), ("", 0));
    }
}

/// RFC 9292 §5.2: two informational responses, then the final one with content in chunks and a trailer.
#[test]
fn informational_responses_chunks_and_trailers_are_read_past() {
    let field = |name: &str, value: &str| {
        let mut out = Vec::new();
        write_bytes(&mut out, name.as_bytes());
        write_bytes(&mut out, value.as_bytes());
        out
    };
    let message = [
        hex("034066"),
        field("running", "\"sleep 15\""),
        hex("00"),
        hex("4067"),
        field("link", "</style.css>; rel=preload; as=style"),
        hex("00"),
        hex("40c8"),
        field("server", "Apache"),
        hex("00"),
        hex("05"),
        b"Hello".to_vec(),
        hex("06"),
        b" World".to_vec(),
        hex("00"),
        field("trailer", "text"),
        hex("00"),
    ]
    .concat();
    let read = Response::decode(&message).map_err(|_| ()).unwrap();
    assert_eq!(
        (read.status, read.content.as_slice()),
        (200, b"Hello World".as_slice())
    );
    assert_eq!(read.fields.len(), 1);
    // Nothing but informational ones is no response.
    let endless = [hex("01"), hex("406600").repeat(50)].concat();
    assert!(Response::decode(&endless) == Err(Malformed));
}

#[test]
fn a_message_may_end_where_nothing_follows() {
    // RFC 9458 Appendix A.
    let request = hex("00034745540568747470730b6578616d706c652e636f6d012f");
    for zeros in 0..5 {
        let message = [request.clone(), vec![0; zeros]].concat();
        let read = Request::decode(&message).map_err(|_| ()).unwrap();
        assert_eq!(
            (read.authority.as_str(), read.path.as_str()),
            ("example.com", "/")
        );
    }
    let response = Response::decode(&hex("0140c8")).map_err(|_| ()).unwrap();
    assert_eq!((response.status, response.content.len()), (200, 0));
}

#[test]
fn what_http_2_calls_malformed_is_no_message() {
    let with = |name: &str, value: &[u8]| {
        let mut changed = request();
        changed.fields.push(Field {
            name: name.into(),
            value: value.to_vec(),
        });
        Request::decode(&changed.encode(1))
    };
    assert!(with("x-good", b"1 2").is_ok());
    for (name, value) in [
        ("X-Upper", b"1".as_slice()),
        (":path", b"/v1/tickets"),
        ("", b"1"),
        ("a b", b"1"),
        ("x", b"1\r\nhost: other"),
        ("x", b"1\0"),
        ("x", b" 1"),
        ("x", b"1\t"),
    ] {
        assert!(with(name, value) == Err(Malformed), "{name:?} {value:?}");
    }
    let changes: [fn(&mut Request); 5] = [
        |r| r.method = "PO ST".into(),
        |r| r.method.clear(),
        |r| r.scheme = "1http".into(),
        |r| r.authority = "id.example.gov\r\n".into(),
        |r| r.path = "/v1/ sessions".into(),
    ];
    for change in changes {
        let mut changed = request();
        change(&mut changed);
        assert!(Request::decode(&changed.encode(1)) == Err(Malformed));
    }
}

#[test]
fn limits_padding_and_twofold_fields() {
    let mut many = request();
    many.fields = vec![many.fields[0].clone(); MAX_FIELDS];
    assert!(Request::decode(&many.encode(1)).is_ok());
    assert_eq!(many.field("content-type"), None, "which of them?");
    many.fields.push(many.fields[0].clone());
    assert!(Request::decode(&many.encode(1)) == Err(Malformed));
    let mut long = request();
    long.path = format!("/{}", "a".repeat(MAX_TEXT));
    assert!(Request::decode(&long.encode(1)) == Err(Malformed));
    let mut padded = request().encode(1024);
    *padded.last_mut().unwrap() = 1;
    assert!(Request::decode(&padded) == Err(Malformed));
    for status in [0, 99, 600, 65_536 + 200] {
        let mut message = vec![1];
        write_number(&mut message, status);
        message.extend([0, 0, 0]);
        assert!(Response::decode(&message) == Err(Malformed), "{status}");
    }
}

#[test]
fn no_truncation_and_no_flipped_bit_panics() {
    let bytes = request().encode(64);
    for length in 0..bytes.len() {
        let _ = Request::decode(&bytes[..length]);
        let _ = Response::decode(&bytes[..length]);
    }
    for index in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[index] ^= 1 << bit;
            let _ = Request::decode(&flipped);
            let _ = Response::decode(&flipped);
        }
    }
    // A length of 2^62 - 1.
    assert!(Request::decode(&hex("00ffffffffffffffff")) == Err(Malformed));
}

fn hex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}
