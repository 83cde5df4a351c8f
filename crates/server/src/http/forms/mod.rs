//! Forms: as objects under `/api/forms`, and under `/f` their pages, what people send, and the pages behind the links of
//! confirmations; under `/d` the files that they deliver. Whoever confirms or downloads is named by a signed token.

pub mod confirm;
pub mod download;
pub mod objects;
mod page;
pub mod script;
pub mod submit;
