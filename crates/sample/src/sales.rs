//! What the sales colleagues do with a demo request, by hand: owner, calls, notes, tags, deals. Whom they win depends
//! on fit, on what the lead did before and on how fast it was called, so that there is something true to be found.

use crate::calendar::{DAY, HOUR, MINUTE, SECOND};
use crate::catalogue::Letter;
use crate::dice::Spread;
use crate::life::{Life, NEVER};
use crate::person::{FirmKind, Temperament};
use crate::record::{Activity, CallOutcome, DealStep, IdentifyReason, Tag, flag};

/// Where a lead stands with sales.
pub struct Sales {
    stage: Stage,
    /// The day of the next step.
    pub due: u32,
    /// Was called later than a day after asking.
    slow: bool,
    amount: u32,
    /// Deals so far.
    pub deals: u8,
}

impl Default for Sales {
    fn default() -> Sales {
        Sales { stage: Stage::Idle, due: NEVER, slow: false, amount: 0, deals: 0 }
    }
}

impl Sales {
    pub fn is_idle(&self) -> bool {
        self.stage == Stage::Idle
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Idle,
    /// Talked to; a deal may come of it.
    Talking,
    /// A deal is open.
    Open,
}

/// From the request to the first call.
const ANSWERED: Spread = Spread(&[(0, 10 * MINUTE), (350, HOUR), (600, 5 * HOUR), (850, 26 * HOUR), (1_000, 4 * DAY)]);
/// Days from an open deal to its end.
const DECIDED: Spread = Spread(&[(0, 5), (500, 21), (900, 45), (1_000, 58)]);

impl Life<'_> {
    pub fn demo_requested(&mut self, at: i64) {
        let office = self.at_office();
        self.letter(Letter::DemoConfirmation, at + 30 * SECOND);
        self.add(at + 3 * MINUTE, office, Activity::Owner);
        let mut answer = self.dice.draw(&ANSWERED);
        self.state.sales.slow = answer > DAY;
        if self.dice.chance(0.35) {
            self.add(at + answer, office, Activity::Call(CallOutcome::NoAnswer));
            answer += DAY;
        }
        self.add(at + answer, office, Activity::Call(CallOutcome::Reached));
        self.state.sales.stage = Stage::Talking;
        self.state.sales.due = self.day_of(at + answer) + self.dice.between(1, 6) as u32;
    }

    /// The next step, when it is due; on working days.
    pub fn sales(&mut self) {
        if self.state.sales.due != self.today.number {
            return;
        }
        if self.today.date.is_weekend() {
            self.state.sales.due += 1;
            return;
        }
        let at = self.today.at(self.person.zone(), self.dice.between(19 * HOUR / 2, 16 * HOUR));
        match self.state.sales.stage {
            Stage::Idle => {}
            Stage::Talking => self.offer(at),
            Stage::Open => self.decide(at),
        }
    }

    fn offer(&mut self, at: i64) {
        let likely = match self.state.temperament {
            Temperament::Buyer | Temperament::Customer => 0.85,
            Temperament::Researcher => 0.5,
            _ => 0.3,
        };
        if !self.dice.chance(likely * if self.state.sales.slow { 0.75 } else { 1.0 }) {
            return self.turn_down(at);
        }
        self.state.has_user = true;
        self.add(at, self.at_office(), Activity::Identify(IdentifyReason::Sales));
        self.state.sales.amount = self.price();
        self.deal(at + SECOND, DealStep::Created);
        self.add(at + MINUTE, flag::USER, Activity::Tagged(Tag::Evaluating));
        let days = self.dice.draw(&DECIDED);
        self.add(at + days * DAY / 2, flag::USER, Activity::Call(CallOutcome::Meeting));
        self.state.sales.stage = Stage::Open;
        self.state.sales.due = self.today.number + days as u32;
    }

    fn turn_down(&mut self, at: i64) {
        let bad_fit = !self.person.firm().suits() || self.state.temperament == Temperament::TyreKicker;
        let outcome = if bad_fit { CallOutcome::BadFit } else { CallOutcome::NotNow };
        self.add(at, self.at_office(), Activity::Call(outcome));
        let note = self.dice.below(3) as u8;
        self.add(at + MINUTE, self.at_office(), Activity::Note(note));
        if bad_fit {
            self.add(at + 2 * MINUTE, self.at_office(), Activity::Tagged(Tag::BadFit));
        }
        self.state.sales.stage = Stage::Idle;
        self.state.sales.due = NEVER;
    }

    fn decide(&mut self, at: i64) {
        let won = self.dice.chance(self.odds());
        self.deal(at, if won { DealStep::Won } else { DealStep::Lost });
        self.add(at + MINUTE, flag::USER, Activity::Untagged(Tag::Evaluating));
        self.state.sales.stage = Stage::Idle;
        self.state.sales.due = NEVER;
        self.state.project = NEVER;
        if won {
            self.state.temperament = Temperament::Customer;
            self.state.visits_left = 20;
            self.state.next_visit = self.today.number + 2;
            if self.dice.chance(0.2) {
                self.add(at + HOUR, flag::USER, Activity::Tagged(Tag::Reference));
            }
        } else {
            self.state.temperament = Temperament::Browser;
            self.state.visits_left = self.state.visits_left.min(2);
        }
    }

    /// The chance that an open deal is won.
    fn odds(&self) -> f64 {
        let temperament = match self.state.temperament {
            Temperament::TyreKicker => -0.3,
            Temperament::Customer => 0.2,
            _ => 0.0,
        };
        let fit = if self.person.firm().suits() { 0.18 } else { -0.15 };
        let read = if self.state.assets.count_ones() >= 2 { 0.12 } else { 0.0 };
        let attended = if self.state.attended { 0.15 } else { 0.0 };
        let slow = if self.state.sales.slow { -0.2 } else { 0.0 };
        0.38 + temperament + fit + read + attended + slow
    }

    fn deal(&mut self, at: i64, step: DealStep) {
        let sales = &mut self.state.sales;
        if step == DealStep::Created {
            sales.deals = sales.deals.saturating_add(1);
        }
        let activity = Activity::Deal { step, number: sales.deals, amount: sales.amount };
        self.add(at, flag::USER, activity);
    }

    /// A year's licence in euros: so much a seat, in hundreds.
    pub fn price(&mut self) -> u32 {
        let firm = self.person.firm();
        let people = if firm.kind() == FirmKind::Private { 1 } else { firm.employees().min(600) };
        let amount = (1_800 + 85 * people) * self.dice.between(80, 130) / 100;
        (amount / 100 * 100) as u32
    }

    /// How likely a link to the prices is followed.
    pub fn pricing_wish(&self) -> f64 {
        match self.state.temperament {
            Temperament::Buyer => 0.3,
            Temperament::TyreKicker => 0.5,
            _ => 0.05,
        }
    }
}
