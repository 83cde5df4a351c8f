//! The synchronous pair: rusqlite and `postgres`.

#[path = "../../load.rs"]
mod load;
#[path = "../../sql.rs"]
mod sql;

mod client;
mod file;
mod fill;

use client::Client;
use file::File;
use load::{Form, Outcome, Task, measure};

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match &words[..] {
        [fill, database, place, leads] if fill == "fill" => match database.as_str() {
            "sqlite" => fill::sqlite(place, leads.parse()?),
            _ => fill::postgres(place, leads.parse()?),
        },
        [measuring, database, place, form, task @ ..] if measuring == "measure" => {
            let (form, task) = (Form::named(form)?, Task::parse(task)?);
            match database.as_str() {
                "sqlite" => measure(&mut File::open(place, form)?, &task),
                _ => measure(&mut Client::open(place, form)?, &task),
            }
        }
        _ => Err("say `fill DATABASE PLACE LEADS` or `measure DATABASE PLACE FORM TASK…`".into()),
    }
}
