//! Starting, ending, and starting again where something is left over.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use crate::faces::{self, models, sets};
use crate::program::{Program, command, reply};

#[test]
fn a_termination_ends_it_cleanly_and_nothing_of_a_request_is_printed() {
    for name in ["TERM", "INT"] {
        let program = Program::start();
        let set = sets().next().unwrap();
        let face = &faces::of(set)[0];
        let request = faces::request(set, &[(face, face, face)]);
        assert!(program.ask(&request).is_ok());
        assert!(program.send(b"nothing that anybody would say").is_err());
        let socket = program.socket().to_owned();
        let mode = socket.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        // What was begun is finished.
        let message = request.encode().unwrap();
        let mut stream = program.connect();
        stream.write_all(&message[..5000]).unwrap();
        // An answered exchange after it: the connection before is accepted by now.
        assert!(program.ask(&request).is_ok());
        program.signal(name);
        stream.write_all(&message[5000..]).unwrap();
        assert!(reply(&mut stream).is_ok());
        let ended = program.wait();
        assert_eq!((ended.code, ended.said.as_str()), (Some(0), ""));
        assert!(!socket.exists());
    }
}

#[test]
fn the_socket_of_a_killed_process_is_replaced_and_that_of_a_living_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("evidence.sock");
    let killed = Program::start_at(&socket);
    killed.signal("KILL");
    assert_eq!(killed.wait().code, None);
    assert!(socket.exists());

    let living = Program::start_at(&socket);
    let second = command(&socket, models()).output().unwrap();
    assert_eq!(second.status.code(), Some(2));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("another process serves"), "{said}");
    let set = sets().next().unwrap();
    let face = &faces::of(set)[0];
    let request = faces::request(set, &[(face, face, face)]);
    assert!(living.ask(&request).is_ok());
}

#[test]
fn what_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("empty")).unwrap();
    std::fs::create_dir(at("changed")).unwrap();
    for file in std::fs::read_dir(models()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), at("changed").join(file.file_name())).unwrap();
    }
    let json = std::fs::read_to_string(at("changed").join("manifest.json")).unwrap();
    let manifest = nod::manifest::Manifest::parse(&json).unwrap();
    let network = &manifest.set("everywhere-1").unwrap().embedder;
    std::fs::write(at("changed").join(&network.file), "other bytes").unwrap();
    std::fs::write(at("notes"), "kept").unwrap();

    for (socket, folder, expected) in [
        ("s", at("empty"), "manifest.json"),
        ("s", at("changed"), "expected SHA-256"),
        ("notes", models().to_owned(), "is not a socket"),
        ("no/where", models().to_owned(), "no/where"),
    ] {
        let ended = command(&at(socket), &folder).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(!at("s").exists());
    }
    assert_eq!(std::fs::read_to_string(at("notes")).unwrap(), "kept");
}
