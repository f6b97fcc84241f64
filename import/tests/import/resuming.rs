//! Killed, stopped, cut off: the next run goes on without doubles and without gaps.

use std::process::Command;

use crate::{
    authority::Server,
    people::People,
    program::{Program, Run},
};

#[test]
fn a_killed_run_is_resumed_without_doubles_or_gaps() {
    let server = Server::start();
    let people = People::good(16);
    let program = Program::new(&server, &people);
    let mut done = 0;
    for stop_after in [3, 8] {
        let mut child = program.begin(&["--jobs", "2"]);
        program.wait_for_rows(stop_after);
        // SIGKILL: nobody can prepare for it.
        child.kill().unwrap();
        child.wait().unwrap();
        let rows = program.journal().lines().count() - 1;
        assert!(
            rows >= stop_after && rows < 16,
            "{rows} rows: killed too late to mean anything"
        );
        assert!(rows > done);
        done = rows;
    }
    let run = program.run(&["--jobs", "2"]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.err
            .contains(&format!("{done} of 16 rows are done already")),
        "{}",
        run.err
    );
    assert!(run.out.contains("0 refused, 0 left"), "{}", run.out);
    assert_eq!(server.residents(&people), 16);
    let (enrolled, exists) = server.enrolments();
    // At most what the posting threads of two killed runs had under way: who goes away while the authority commits is enrolled
    // and counted by nobody.
    assert!((12..=16).contains(&enrolled), "{enrolled}");
    assert!(exists <= 4, "{exists}");
    let mut lines: Vec<String> = program
        .journal()
        .lines()
        .skip(1)
        .map(|line| line.split(' ').next().unwrap().to_owned())
        .collect();
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), 16, "every row once");
    assert_eq!(program.journal().lines().count(), 17);
}

#[test]
fn a_row_that_was_posted_but_not_noted_is_found_to_be_done() {
    let server = Server::start();
    let people = People::good(3);
    let program = Program::new(&server, &people);
    assert_eq!(program.run(&["--jobs", "1"]).code, 0);
    // As if the machine had failed between the authority's answer and the disk, in the middle of a line.
    let journal = program.journal();
    std::fs::write(program.journal_path(), &journal[..journal.len() - 9]).unwrap();
    let run = program.run(&[]);
    assert_eq!(run.code, 0, "{}", run.all());
    assert!(
        run.out
            .contains("3 rows: 2 enrolled, 1 were enrolled before, 0 refused, 0 left")
    );
    assert_eq!(server.residents(&people), 3);
    assert_eq!(server.enrolments(), (3, 1));
}

#[test]
fn ctrl_c_finishes_what_is_under_way() {
    let server = Server::start();
    let people = People::good(16);
    let program = Program::new(&server, &people);
    let child = program.begin(&["--jobs", "1"]);
    program.wait_for_rows(2);
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let run = Run::of(child.wait_with_output().unwrap());
    assert_eq!(run.code, 130, "{}", run.all());
    let rows = program.journal().lines().count() - 1;
    assert!((2..16).contains(&rows), "{rows}");
    // Nothing was posted that is not in the journal.
    assert_eq!(server.residents(&people), rows);
    assert!(
        run.err.contains(&format!("{} left", 16 - rows)),
        "{}",
        run.err
    );
    assert_eq!(program.report(), "line,reason,explanation\n");
    assert_eq!(program.run(&[]).code, 0);
    assert_eq!(server.enrolments(), (16, 0));
}

#[test]
fn an_authority_that_comes_back_is_waited_for() {
    let mut server = Server::start();
    let people = People::good(8);
    let program = Program::new(&server, &people);
    let child = program.begin(&["--jobs", "1"]);
    program.wait_for_rows(2);
    server.go_away();
    let rows = program.journal().lines().count();
    std::thread::sleep(std::time::Duration::from_secs(1));
    // At most the one that was being noted.
    assert!(program.journal().lines().count() <= rows + 1);
    server.serve();
    let run = Run::of(child.wait_with_output().unwrap());
    assert_eq!(run.code, 0, "{}", run.all());
    assert_eq!(server.residents(&people), 8);
}

#[test]
fn an_authority_that_stays_away_ends_the_run_without_loss() {
    let mut server = Server::start();
    let people = People::good(8);
    let program = Program::new(&server, &people);
    let child = program.begin(&["--jobs", "1", "--tries", "2"]);
    program.wait_for_rows(2);
    server.go_away();
    let run = Run::of(child.wait_with_output().unwrap());
    assert_eq!(run.code, 4, "{}", run.all());
    assert!(
        run.err.contains("run the same command again"),
        "{}",
        run.err
    );
    // From the start, too.
    assert_eq!(program.run(&["--tries", "2"]).code, 4);
    server.serve();
    assert_eq!(program.run(&[]).code, 0);
    assert_eq!(server.residents(&people), 8);
}
