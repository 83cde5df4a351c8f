//! Twice the input allocates at most two and a half times as much: of all that strangers and files can make the program
//! read. Seconds are never counted.
//!
//! An allocator that counts is unsafe code, and the project has none. So each case runs in a process of its own, in which
//! glibc takes every allocation from the system by itself (`MALLOC_MMAP_THRESHOLD_`), and the kernel counts the pages that
//! were touched for the first time: at least one for each allocation, and one for each 4 kB of a large one. Nothing that
//! was freed is used again, so that what is allocated for a moment counts as well, which the largest memory of a process
//! would hide. Memory that was reserved and never touched is not counted; a block that grows counts with what it grew by.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod cases;

use std::process::Command;

use cases::{CASES, Case, TEMPORARY};

/// How much more twice the input may allocate.
const MOST: f64 = 2.5;

/// What a child is to do: the name of a case, and the size of its input.
const NAME: &str = "ALLOCATED_CASE";
const SIZE: &str = "ALLOCATED_SIZE";
const SAYS: &str = "pages allocated: ";

/// Every allocation is one of the system, of whichever thread.
const COUNTED: [(&str, &str); 3] =
    [("MALLOC_ARENA_MAX", "1"), ("MALLOC_MMAP_THRESHOLD_", "1"), ("MALLOC_MMAP_MAX_", "100000000")];

/// How many pages this process has touched for the first time; `None` where the system does not say it.
fn touched() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name of the program, which may contain anything.
    stat.rsplit_once(')')?.1.split_whitespace().nth(7)?.parse().ok()
}

/// Pages that a case allocates for an input of a size; `None` where the system does not count them.
fn pages(case: &Case, size: usize) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "the_work_of_a_child", "--nocapture", "--test-threads=1"]);
    let output = child.envs(COUNTED).env(NAME, case.name).env(SIZE, size.to_string()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{} of {size}: {out}\n{err}", case.name);
    out.lines().find_map(|line| line.split_once(SAYS)?.1.trim().parse().ok())
}

/// Nothing where no parent asks for it.
#[test]
fn the_work_of_a_child() {
    let (Ok(name), Ok(size)) = (std::env::var(NAME), std::env::var(SIZE)) else { return };
    let case = CASES.iter().chain([&TEMPORARY]).find(|case| case.name == name).unwrap();
    let size: usize = size.parse().unwrap();
    // What is made once, such as lists that are compiled in, belongs to no input.
    (case.prepare)(size / 10)();
    let work = (case.prepare)(size);
    if let Some(before) = touched() {
        work();
        println!("{SAYS}{}", touched().unwrap() - before);
    }
}

/// Whether what is freed at once is counted here, and hardly anything else: another system may not do as glibc does.
fn is_counted() -> bool {
    let size = TEMPORARY.size as u64;
    pages(&TEMPORARY, TEMPORARY.size).is_some_and(|pages| (size..size + size / 2).contains(&pages))
}

#[test]
fn twice_the_input_allocates_about_twice_as_much() {
    if !is_counted() {
        eprintln!("!!! Bytes allocated were NOT counted: this system does not say which pages a process has touched.");
        return;
    }
    let mut wrong = Vec::new();
    for case in &CASES {
        let (one, two) = (pages(case, case.size).unwrap(), pages(case, 2 * case.size).unwrap());
        eprintln!("{}: {one} pages for {}, {two} for twice as much", case.name, case.size);
        assert!(one > 20, "{}: nothing was counted", case.name);
        if two as f64 > one as f64 * MOST {
            wrong.push(format!("{}: {one} pages for {}, but {two} for twice as much", case.name, case.size));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
