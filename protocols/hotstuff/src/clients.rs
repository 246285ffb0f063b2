//! Clients: how what they ask comes into blocks, and how each of their operations takes effect once.

use std::rc::Rc;

use sim_core::{Context, RequestId};

use super::block::{Block, BlockHash, Command};
use super::flaws::HotStuffFlaw;
use super::message::Event;
use super::node::{Executed, HotStuff};
use parts::kv::KvOp;
use parts::machine::{Applied, Seen};

impl HotStuff {
    /// Clients ask all replicas, and ask again. What was executed is answered at once; the rest waits
    /// for this replica, or another, to lead.
    pub(super) fn on_client_request(&mut self, request: RequestId, op: KvOp, ctx: &mut Context<'_, Self>) {
        match self.machine.sessions.look_up(request) {
            Seen::Latest(reply) => {
                let reply = reply.clone();
                ctx.reply(request, reply);
                if self.deduplicates() {
                    return;
                }
            }
            Seen::Stale => return,
            Seen::Never => {}
        }
        let is_newer = self.pool.get(&request.client).is_none_or(|other| other.content().0 < request);
        if is_newer || !self.deduplicates() {
            self.pool.insert(request.client, ctx.signed_request(request, op));
        }
    }

    /// What to propose behind a branch of blocks that are not executed: what is neither in it nor
    /// executed.
    pub(super) fn batch(&self, branch: &[Rc<Block>]) -> Vec<Command> {
        let is_in_branch = |command: &&Command| branch.iter().any(|block| block.commands().contains(command));
        let is_executed = |command: &&Command| {
            self.machine.sessions.look_up(command.content().0) != Seen::Never && self.deduplicates()
        };
        let waiting = self.pool.values().filter(|command| !is_in_branch(command) && !is_executed(command));
        waiting.take(self.config.batch as usize).cloned().collect()
    }

    /// Whether clients have asked all that is in a block.
    pub(super) fn are_of_clients(&self, block: &Block) -> bool {
        let is_of_client =
            |command: &Command| command.verify().is_some_and(|(request, _)| request.client == command.signer());
        self.has(HotStuffFlaw::UnsignedCommands) || block.commands().iter().all(is_of_client)
    }

    /// Executes all that leads to a block of the tree; answers the clients if there is a context.
    /// A replica that finds committed what conflicts with what it has executed announces that and
    /// does no more.
    pub(super) fn execute_up_to(&mut self, tip: BlockHash, mut ctx: Option<&mut Context<'_, Self>>) {
        let executed = Rc::clone(self.tree.executed());
        let branch = self.tree.branch(tip, executed.height()).unwrap_or_default();
        let Some(first) = branch.first() else { return };
        if first.parent() != executed.hash() {
            if let Some(ctx) = ctx {
                ctx.emit(Event::Committed { height: executed.height(), block: first.parent() });
            }
            return;
        }
        for block in branch {
            self.execute(&block, &mut ctx);
        }
    }

    fn execute(&mut self, block: &Rc<Block>, ctx: &mut Option<&mut Context<'_, Self>>) {
        let deduplicates = self.deduplicates();
        let mut took_effect = Vec::with_capacity(block.commands().len());
        for command in block.commands() {
            let (request, op) = command.content();
            let applied = self.machine.apply(*request, op, deduplicates);
            took_effect.push(matches!(applied, Applied::Now(_)));
            if self.pool.get(&request.client).is_some_and(|waiting| waiting.content().0 <= *request) {
                self.pool.remove(&request.client);
            }
            if let (Some(ctx), Some(reply)) = (ctx.as_deref_mut(), applied.reply()) {
                ctx.reply(*request, reply);
            }
        }
        self.tree.execute(block);
        if let Some(ctx) = ctx {
            ctx.emit(Event::Committed { height: block.height(), block: block.hash() });
        }
        if block.height().is_multiple_of(self.config.checkpoint_every) {
            self.take_checkpoint(block);
        }
        self.executed_now.push(Executed { block: Rc::clone(block), took_effect });
    }

    /// Whether an operation that was executed is not executed again.
    fn deduplicates(&self) -> bool {
        !self.has(HotStuffFlaw::NoDedup)
    }
}
