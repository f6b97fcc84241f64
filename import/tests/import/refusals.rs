//! What is refused: photographs one by one, mistakes before anything is sent.

use image::{Rgb, RgbImage, imageops};

use crate::{
    authority::Server,
    people::{People, portrait},
    program::Program,
};

#[test]
fn poor_photographs_are_refused_with_their_reason_and_looked_at_again_when_asked_to() {
    let server = Server::start();
    let face = image::open(portrait("biden")).unwrap().into_rgb8();
    let mut two = RgbImage::new(2 * face.width(), face.height());
    imageops::replace(&mut two, &face, 0, 0);
    imageops::replace(&mut two, &face, i64::from(face.width()), 0);
    let people = People::good(2)
        .with_picture(&two)
        .with_picture(&RgbImage::new(320, 240))
        .with_picture(&RgbImage::from_pixel(320, 240, Rgb([128, 128, 128])))
        .with_photograph("text", b"not a picture")
        .with_nothing()
        // Good enough to verify, and not to be compared with for years.
        .with_photograph("far", &std::fs::read(portrait("obama3")).unwrap());
    let program = Program::new(&server, &people);
    let run = program.run(&[]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.out
            .contains("8 rows: 2 enrolled, 0 were enrolled before, 6 refused, 0 left")
    );
    let report = program.report();
    let reasons: Vec<(&str, &str)> = report
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').unwrap())
        .map(|(line, rest)| (line, rest.split(',').next().unwrap()))
        .collect();
    assert_eq!(
        reasons,
        [
            ("4", "hint.many_faces"),
            ("5", "hint.too_dark"),
            ("6", "hint.no_face"),
            ("7", "photograph.unreadable"),
            ("8", "photograph.missing"),
            ("9", "hint.too_far"),
        ]
    );
    assert_eq!(server.residents(&people), 2);

    // Better pictures in the same place.
    std::fs::copy(portrait("obama"), people.photograph(4)).unwrap();
    std::fs::copy(portrait("obama2"), people.photograph(6)).unwrap();
    let run = program.run(&[]);
    assert!(run.out.contains("this run: 0 photographs"), "{}", run.out);
    let run = program.run(&["--retry-refused"]);
    assert_eq!(run.code, 1, "{}", run.all());
    assert!(
        run.out
            .contains("8 rows: 4 enrolled, 0 were enrolled before, 4 refused, 0 left")
    );
    assert_eq!(program.report().lines().count(), 5);
    assert_eq!(server.residents(&people), 4);
}

#[test]
fn an_authority_with_another_root_is_sent_nothing() {
    let server = Server::start();
    let people = People::good(2);
    let program = Program::new(&server, &people);
    program.set_root(&Server::start().root());
    let run = program.run(&[]);
    assert_eq!(run.code, 3, "{}", run.all());
    assert!(
        run.err.contains("not signed by the root key"),
        "{}",
        run.err
    );
    assert_eq!(
        (server.residents(&people), server.enrolments()),
        (0, (0, 0))
    );
    assert_eq!(program.journal().lines().count(), 1);
    program.set_root(&server.root());
    assert_eq!(program.run(&[]).code, 0);
}

#[test]
fn an_unknown_or_revoked_key_is_refused() {
    let server = Server::start();
    let people = People::good(2);
    let program = Program::new(&server, &people);
    program.set_key("ik_other");
    let run = program.run(&["--report", people.dir().join("other.csv").to_str().unwrap()]);
    assert_eq!(run.code, 3, "{}", run.all());
    assert!(run.err.contains("unknown or revoked"), "{}", run.err);
    program.set_key(server.key());
    server.revoke_key();
    let run = program.run(&[]);
    assert_eq!(run.code, 3, "{}", run.all());
    assert_eq!(server.residents(&people), 0);
}

#[test]
fn mistakes_are_named_before_anything_is_sent() {
    let server = Server::start();
    let people = People::good(2);
    let program = Program::new(&server, &people);
    let good = people.csv();
    for (csv, expected) in [
        (
            format!("{good}12-34\n"),
            "line 4: 2 columns are expected, here are 1",
        ),
        (
            format!("{good}{}", good.lines().nth(1).unwrap()),
            "line 4: the same ID as in line 2",
        ),
        (
            good.replace("id,", "number,"),
            "line 1: the heading must be: id,photograph",
        ),
    ] {
        program.set_csv(&csv);
        let run = program.run(&[]);
        assert_eq!(run.code, 2, "{}", run.all());
        assert!(run.err.contains(expected), "{}", run.err);
    }
    program.set_csv(&good);
    for name in ["people.csv", "import.key", "root.pub", "photos"] {
        let (path, away) = (people.dir().join(name), people.dir().join("away"));
        std::fs::rename(&path, &away).unwrap();
        let run = program.run(&[]);
        assert_eq!(run.code, 2, "{}", run.all());
        assert!(run.err.contains(name), "{}", run.err);
        std::fs::rename(&away, &path).unwrap();
    }
    program.set_key("sk_not-an-import-key");
    assert!(program.run(&[]).err.contains("begins with ik_"));
    assert_eq!(server.residents(&people), 0);

    program.set_key(server.key());
    let run = program.run(&["--jobs", "0"]);
    assert_eq!(run.code, 2, "{}", run.all());
}
