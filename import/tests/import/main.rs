//! The real program against a real authority: photographs in, residents out, whatever happens in between.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests say what they expect by unwrapping it, and what they cannot test in words"
)]

mod authority;
mod people;
mod program;
mod refusals;
mod resuming;

use people::People;
use program::Program;

use authority::Server;

#[test]
fn everybody_on_a_good_photograph_is_enrolled_and_a_second_run_does_nothing() {
    let server = Server::start();
    let people = People::good(6);
    let program = Program::new(&server, &people);
    let run = program.run(&[]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out
            .contains("6 rows: 6 enrolled, 0 were enrolled before, 0 refused, 0 left")
    );
    assert!(run.out.contains(" images/s"), "{}", run.out);
    assert_eq!(server.residents(&people), 6);
    // Every live set has a template of everybody, and each says what it is.
    assert_eq!(server.templates("portrait"), 6 * server.sets().len());

    let (journal, requests) = (program.journal(), server.enrolments());
    let run = program.run(&[]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.err.contains("6 of 6 rows are done already"),
        "{}",
        run.err
    );
    assert!(run.out.contains("this run: 0 photographs"), "{}", run.out);
    assert_eq!(
        (program.journal(), server.enrolments()),
        (journal, requests)
    );
    assert_eq!(program.report(), "line,reason,explanation\n");
}

#[test]
fn nothing_that_names_a_person_is_printed_or_kept() {
    let server = Server::start();
    let people = People::good(2).with_photograph("planted-1", &[]);
    let program = Program::new(&server, &people);
    let run = program.run(&[]);
    assert_eq!(run.code, 1, "{}", run.all());
    let kept = [run.all(), program.journal(), program.report()]
        .concat()
        .to_lowercase();
    assert!(kept.contains("photograph.unreadable"), "{kept}");
    for secret in people
        .ids()
        .iter()
        .map(String::as_str)
        .chain([server.key(), "planted"])
    {
        let normalised = secret.replace('-', "").to_lowercase();
        assert!(
            !kept.contains(&secret.to_lowercase()) && !kept.contains(&normalised),
            "{secret}"
        );
    }
}

/// The same photograph under two numbers, and one person with two: what the authority has is what the pipeline
/// makes of the pictures.
#[test]
fn templates_are_those_of_the_pipeline() {
    let server = Server::start();
    let people = People::of(&["obama", "obama2", "astronaut"]);
    let program = Program::new(&server, &people);
    assert_eq!(program.run(&["--jobs", "2"]).code, 0);
    for set in server.sets() {
        let [a, b, other] = [0, 1, 2].map(|at| server.template(&people, at, &set));
        let (same, different) = (a.cosine(&b).unwrap(), a.cosine(&other).unwrap());
        assert!(same > different + 0.05, "{set}: {same} {different}");
    }
}
