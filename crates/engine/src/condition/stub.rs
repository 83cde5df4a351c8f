use super::Condition;
use crate::playbook::Playbook;
pub struct Names<'a>(&'a Playbook);
impl<'a> Names<'a> {
    pub fn of(p: &'a Playbook) -> Names<'a> {
        Names(p)
    }
    pub fn topic(&self, id: &str) -> String {
        id.into()
    }
    pub fn ladder(&self, id: &str) -> String {
        id.into()
    }
    pub fn stage(&self, _l: &str, id: &str) -> String {
        id.into()
    }
    pub fn segment(&self, id: &str) -> String {
        id.into()
    }
}
impl Condition {
    pub fn sentence(&self, _n: &Names) -> String {
        format!("{self:?}")
    }
}
