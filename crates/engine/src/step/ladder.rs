//! Ladders (contract §4.5): up to the highest stage that holds, down only when the present one is left.

use super::{Stepper, What};
use crate::lead::Standing;
use crate::program::{Ladder, Update};
use crate::time::Instant;

impl Stepper<'_> {
    pub(super) fn ladder(&mut self, number: u32, decision: u32, at: Instant) -> Instant {
        let program = self.program;
        let ladder = &program.ladders[number as usize];
        let before = self.lead.ladders.get(number).copied();
        let mut now = before.unwrap_or(Standing { stage: 0, since: at, set: false });
        let by_hand = self.stage_by_hand(number);
        match by_hand {
            Some(Some(stage)) => {
                now = Standing { stage, since: if stage == now.stage { now.since } else { at }, set: true }
            }
            Some(None) => now.set = false,
            None => {}
        }
        let decide = !now.set && (before.is_none() || self.rules_decide(ladder.rhythm, decision, at));
        let judged = decide.then(|| self.judge_stage(ladder, now, at));
        let moves_to = judged.map(|(stage, _)| stage).filter(|stage| *stage != now.stage);
        if let Some(stage) = moves_to {
            now = Standing { stage, since: at, set: false };
        }
        self.stand(number, before, now, at);
        match judged {
            _ if now.set => Instant::NEVER,
            None => self.next_scheduled(ladder.rhythm, at),
            // Only a new stage is judged a second time: nearly all answers leave a lead in its stage, and judging is most
            // of what a step costs.
            Some((_, until)) if moves_to.is_none() => self.look_again(ladder.rhythm, until),
            Some(_) => {
                let (_, until) = self.judge_stage(ladder, now, at);
                self.look_again(ladder.rhythm, until)
            }
        }
    }

    /// What the event at hand says: a stage, or that the rules decide again.
    fn stage_by_hand(&self, number: u32) -> Option<Option<u32>> {
        self.hands.iter().rev().find_map(|hand| match hand {
            Update::StageSet { ladder, stage } if *ladder == number => Some(Some(*stage)),
            Update::StageReleased { ladder } if *ladder == number => Some(None),
            _ => None,
        })
    }

    fn stand(&mut self, ladder: u32, before: Option<Standing>, now: Standing, at: Instant) {
        if before == Some(now) {
            return;
        }
        self.lead.ladders.insert(ladder, now);
        let from = before.map(|standing| standing.stage);
        if from != Some(now.stage) {
            self.effect(at, What::Stage { ladder, from, to: now.stage });
            let program = self.program;
            self.mark_each(&program.ladders[ladder as usize].users);
        }
    }

    /// The stage by the rules, and until when at least that stands by itself.
    fn judge_stage(&mut self, ladder: &Ladder, now: Standing, at: Instant) -> (u32, Instant) {
        let mut until = Instant::NEVER;
        for stage in (now.stage + 1..ladder.stages.len() as u32).rev() {
            let rules = &ladder.stages[stage as usize];
            let Some(enter) = &rules.enter else { continue };
            let enters = self.ask(enter, at);
            if !enters.holds {
                until = until.min(enters.until);
                continue;
            }
            match &rules.own_leave {
                None => return (stage, until),
                Some(leave) => {
                    let leaves = self.ask(leave, at);
                    if !leaves.holds {
                        return (stage, until);
                    }
                    until = until.min(leaves.until);
                }
            }
        }
        let Some(leave) = &ladder.stages[now.stage as usize].leave else { return (now.stage, until) };
        if now.stage == 0 {
            return (0, until);
        }
        let stay = now.since + ladder.rhythm.stay(ladder.min_stay);
        let leaves = self.ask(leave, at);
        match leaves.holds {
            true if at >= stay => (self.stage_below(ladder, now.stage, at), until),
            true => (now.stage, until.min(stay)),
            false => (now.stage, until.min(leaves.until.max(stay))),
        }
    }

    /// One stage down, and again while that one is left too.
    fn stage_below(&mut self, ladder: &Ladder, stage: u32, at: Instant) -> u32 {
        let mut stage = stage - 1;
        while stage > 0 && ladder.stages[stage as usize].leave.as_ref().is_some_and(|leave| self.ask(leave, at).holds) {
            stage -= 1;
        }
        stage
    }
}
