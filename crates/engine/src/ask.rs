//! Asks a compiled condition of a lead at an instant: whether it holds, and until when at least that stays so by itself.

use crate::condition::Question;
use crate::lead::Lead;
use crate::lead::curve::{Curve, Step};
use crate::lead::earned::capped;
use crate::program::{Answer, IdleRule, Node, Program};
use crate::time::{Duration, Instant};

/// The curves of scores at the instant asked, reused from one evaluation to the next.
#[derive(Default)]
pub(crate) struct Curves {
    scores: Vec<Curve>,
    strength: Curve,
}

impl Curves {
    pub fn new(program: &Program) -> Curves {
        Curves { scores: vec![Curve::default(); program.scores.len()], strength: Curve::default() }
    }

    /// Forgets all values: the instant or the lead changed.
    pub fn forget(&mut self) {
        self.scores.iter_mut().for_each(|curve| curve.fresh = false);
    }

    pub fn forget_score(&mut self, score: u32) {
        self.scores[score as usize].fresh = false;
    }
}

pub(crate) struct Asking<'a> {
    pub program: &'a Program,
    pub lead: &'a Lead,
    pub at: Instant,
    pub curves: &'a mut Curves,
    /// Where a goal is asked: when the enrollment began, or would begin.
    pub began: Instant,
}

impl Asking<'_> {
    pub fn ask(&mut self, node: &Node) -> Answer {
        match node {
            Node::All(parts) => self.all(parts, true),
            Node::Any(parts) => self.all(parts, false),
            Node::Not(part) => {
                let answer = self.ask(part);
                Answer { holds: !answer.holds, until: answer.until }
            }
            Node::Attribute(form) => form.ask(self),
            Node::Event(form) => form.ask(self),
            Node::Inactive(form) => form.ask(self),
            Node::Score(form) => form.ask(self),
            Node::Stage(form) => form.ask(self),
            Node::Segment(form) => form.ask(self),
            Node::Interest(form) => form.ask(self),
            Node::Deal(form) => form.ask(self),
            Node::Consent(form) => form.ask(self),
            Node::Date(form) => form.ask(self),
            Node::Rate(form) => form.ask(self),
            Node::Sample(form) => form.ask(self),
        }
    }

    /// `all` where `wanted`, else `any`: decided by the first part that is not as wanted.
    fn all(&mut self, parts: &[Node], wanted: bool) -> Answer {
        let (mut as_long, mut decided) = (Instant::NEVER, None::<Instant>);
        for part in parts {
            let answer = self.ask(part);
            if answer.holds == wanted {
                as_long = as_long.min(answer.until);
            } else {
                // It stays decided as long as any of the parts that decide it does.
                decided = Some(decided.map_or(answer.until, |until| until.max(answer.until)));
                if decided == Some(Instant::NEVER) {
                    break;
                }
            }
        }
        match decided {
            Some(until) => Answer { holds: !wanted, until },
            None => Answer { holds: wanted, until: as_long },
        }
    }

    /// Since when nothing of the clock's kinds happened.
    pub fn idle_since(&self, clock: u32) -> Instant {
        let base = match self.program.inputs.clocks[clock as usize].sequence {
            Some(_) => self.began,
            None => self.lead.first.unwrap_or(self.at),
        };
        self.last_of(clock).unwrap_or(base)
    }

    /// When the last event of the clock's kinds happened.
    pub fn last_of(&self, clock: u32) -> Option<Instant> {
        self.lead.clocks.get(clock).copied()
    }

    pub fn curve(&mut self, score: u32) -> &Curve {
        if !self.curves.scores[score as usize].fresh {
            let mut curve = std::mem::take(&mut self.curves.scores[score as usize]);
            self.draw(score, &mut curve);
            self.curves.scores[score as usize] = curve;
        }
        &self.curves.scores[score as usize]
    }

    fn draw(&self, score: u32, curve: &mut Curve) {
        let program = &self.program.scores[score as usize];
        curve.clear(self.at, program.range);
        for (pool, earned) in self.lead.earned.between(program.pools.0, program.pools.1) {
            earned.add_to(curve, &self.program.pools[*pool as usize]);
        }
        for (rule, ()) in self.lead.holding.between(program.if_rules.0, program.if_rules.1) {
            curve.constant += self.program.if_rules[*rule as usize].points;
        }
        for rule in &program.idle_rules {
            self.draw_idle(rule, curve);
        }
    }

    /// What an `inactive` rule gives now, and when it gives more.
    fn draw_idle(&self, rule: &IdleRule, curve: &mut Curve) {
        let idle = (self.at - self.idle_since(rule.clock)).0.max(0);
        let periods = idle / rule.span.0;
        let points = rule.points * rule.times(idle) as f64;
        curve.constant += capped(points, rule.cap);
        let next = self.at + Duration(rule.span.0 - idle % rule.span.0);
        if rule.repeats {
            let most = rule.cap.map_or(f64::INFINITY, |cap| cap - points.abs());
            if most > 0.0 && rule.points != 0.0 {
                curve.step(Step::new(next, rule.span, rule.points, most));
            }
        } else if periods == 0 {
            curve.break_at(next);
        }
    }

    pub fn strength(&mut self, topic: u32) -> &Curve {
        self.curves.strength.clear(self.at, None);
        if let (Some(interest), Some(fade)) = (&self.program.interest, self.lead.strengths.get(topic)) {
            self.curves.strength.add(fade.value_at(self.at, interest.half_life), interest.half_life);
        }
        &self.curves.strength
    }
}
