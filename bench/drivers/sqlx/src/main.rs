//! sqlx for both databases, its futures waited for on one thread, as a single writer would.

#[path = "../../load.rs"]
mod load;
#[path = "../../sql.rs"]
mod sql;

mod client;
mod file;

use client::Client;
use file::File;
use load::{Form, Outcome, Task, measure};

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [measuring, database, place, form, task @ ..] = &words[..] else {
        return Err("say `measure DATABASE PLACE FORM TASK…`".into());
    };
    if measuring != "measure" {
        return Err(format!("there is no `{measuring}` here: say measure").into());
    }
    let (form, task) = (Form::named(form)?, Task::parse(task)?);
    match database.as_str() {
        "sqlite" => measure(&mut File::open(place, form)?, &task),
        _ => measure(&mut Client::open(place, form)?, &task),
    }
}
