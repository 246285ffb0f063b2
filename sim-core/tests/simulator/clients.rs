//! Clients: what they ask, whom, how often, and what they note.

use std::collections::BTreeSet;

use crate::common::{
    Ctx, Event, Handlers, IDLE, Message, Node, announced, constant, deliveries, ms, n, saw, set, simulation,
};
use sim_core::{
    ClientProfile, Duration, Fault, LinkProfile, NodeId, OperationOutcome, Probability, RequestId, Simulation,
};

/// One client whose operations are the numbers from 0, 1 ms apart.
fn clients(operations: u32) -> ClientProfile {
    ClientProfile { count: 1, operations, timeout: ms(50), attempts: 3, think: (ms(1), ms(1)) }
}

fn with_clients(nodes: u32, handlers: Handlers, profile: ClientProfile) -> Simulation<Node> {
    simulation(nodes, handlers).network(constant(ms(1))).clients(profile, |_, index, _| u64::from(index))
}

/// Announces the session and sequence of a request: 103 is number 3 of session 1.
fn note_request(request: RequestId, ctx: &mut Ctx<'_>) {
    ctx.emit(Event::Saw(u64::from(request.session) * 100 + u64::from(request.sequence)));
}

/// When, at which node, which request.
fn requests(simulation: &Simulation<Node>) -> Vec<(u64, u32, u64)> {
    let number = |text: &str| text.strip_prefix("Saw ").and_then(|n| n.parse().ok());
    let all = announced(&simulation.trace(0)).into_iter();
    all.filter_map(|(time, who, text)| Some((time / 1_000_000, who.index(), number(&text)?))).collect()
}

/// One word for each operation.
fn outcomes(simulation: &Simulation<Node>, seed: u64) -> Vec<String> {
    let word = |outcome: &OperationOutcome<u64>| match outcome {
        OperationOutcome::Ok { reply, .. } => format!("ok {reply}"),
        OperationOutcome::Failed { .. } => "failed".to_owned(),
        OperationOutcome::Unknown => "unknown".to_owned(),
    };
    simulation.run(seed).history.iter().map(|(_, operation)| word(&operation.outcome)).collect()
}

#[test]
fn a_client_asks_one_after_the_other_and_notes_the_replies() {
    let handlers = Handlers {
        request: |_, request, op, ctx| {
            note_request(request, ctx);
            ctx.reply(request, op * 10);
        },
        ..IDLE
    };
    let simulation = with_clients(2, handlers, clients(3));
    assert_eq!(requests(&simulation), [(2, 0, 0), (5, 0, 1), (8, 0, 2)], "1 ms of thought, 1 ms each way");
    assert_eq!(outcomes(&simulation, 0), ["ok 0", "ok 10", "ok 20"]);
    let history = simulation.run(0).history;
    let times: Vec<(u64, u64)> =
        history.iter().map(|(_, op)| (op.invoked.time_ns, op.returned().expect("ok").time_ns)).collect();
    assert_eq!(times[..2], [(1_000_000, 3_000_000), (4_000_000, 6_000_000)]);
}

/// Nobody answers: the same request goes to one node after the other.
#[test]
fn an_unanswered_request_is_asked_again_under_the_same_id_and_then_given_up() {
    let handlers = Handlers { request: |_, request, _, ctx| note_request(request, ctx), ..IDLE };
    let simulation = with_clients(2, handlers, clients(2));
    let expected = [(2, 0, 0), (52, 1, 0), (102, 0, 0), (153, 1, 100), (203, 0, 100), (253, 1, 100)];
    assert_eq!(requests(&simulation), expected, "three attempts; then a new session");
    assert_eq!(outcomes(&simulation, 0), ["unknown", "unknown"]);
    let sessions: Vec<u64> = simulation.run(0).history.iter().map(|(_, operation)| operation.session).collect();
    assert_eq!(sessions, [0, 1]);
}

#[test]
fn redirects_are_followed_and_remembered() {
    let handlers = Handlers {
        request: |_, request, op, ctx| {
            note_request(request, ctx);
            if ctx.me() == n(2) { ctx.reply(request, op) } else { ctx.redirect(request, Some(n(2))) }
        },
        ..IDLE
    };
    let simulation = with_clients(3, handlers, clients(2));
    assert_eq!(requests(&simulation), [(2, 0, 0), (4, 2, 0), (7, 2, 1)]);
}

/// Node 0 and node 3 are cut off from the others, and node 0 still takes node 3 for the leader.
#[test]
fn two_nodes_that_keep_a_client_to_themselves_do_not_have_it_for_long() {
    let handlers = Handlers {
        request: |_, request, op, ctx| {
            note_request(request, ctx);
            match ctx.me().index() {
                0 => ctx.redirect(request, Some(n(3))),
                1 => ctx.reply(request, op),
                _ => {}
            }
        },
        ..IDLE
    };
    let asked: Vec<_> = requests(&with_clients(4, handlers, clients(1))).iter().map(|(_, node, _)| *node).collect();
    assert_eq!(asked, [0, 3, 1]);
}

#[test]
fn redirects_in_a_circle_to_nobody_or_to_strangers_wait_for_the_timeout() {
    let asked = |redirect: fn(&mut Node, RequestId, u64, &mut Ctx<'_>), nodes: u32| -> usize {
        let simulation = with_clients(nodes, Handlers { request: redirect, ..IDLE }, clients(1));
        assert_eq!(outcomes(&simulation, 0), ["unknown"]);
        requests(&simulation).len()
    };
    let circle = asked(
        |_, request, _, ctx| {
            note_request(request, ctx);
            ctx.redirect(request, Some(n((ctx.me().index() + 1) % 3)));
        },
        3,
    );
    assert_eq!(circle, 3 * 4, "each of the attempts asks each node once, and then the first again");
    let nobody = asked(
        |_, request, _, ctx| {
            note_request(request, ctx);
            ctx.redirect(request, None);
        },
        3,
    );
    let stranger = asked(
        |_, request, _, ctx| {
            note_request(request, ctx);
            ctx.redirect(request, Some(n(77)));
        },
        3,
    );
    assert_eq!((nobody, stranger), (3, 3));
}

#[test]
fn a_rejected_operation_has_failed_and_the_session_goes_on() {
    let handlers = Handlers {
        request: |_, request, op, ctx| {
            note_request(request, ctx);
            if op == 1 { ctx.reject(request) } else { ctx.reply(request, op) }
        },
        ..IDLE
    };
    let simulation = with_clients(1, handlers, clients(3));
    assert_eq!(outcomes(&simulation, 0), ["ok 0", "failed", "ok 2"]);
    assert_eq!(requests(&simulation).iter().map(|(.., id)| *id).collect::<Vec<_>>(), [0, 1, 2]);
}

/// The first node answers after 60 ms, when the client has asked the second long since.
#[test]
fn a_late_answer_to_an_earlier_attempt_counts_and_one_to_an_earlier_operation_does_not() {
    fn request(node: &mut Node, request: RequestId, op: u64, ctx: &mut Ctx<'_>) {
        note_request(request, ctx);
        if ctx.me() == n(0) {
            if node.memory == op {
                node.memory += 1;
                set(op, ms(60), ctx);
            }
        } else {
            ctx.reply(request, 1000 + op);
        }
    }
    fn timer(_: &mut Node, op: u64, ctx: &mut Ctx<'_>) {
        let client = NodeId::client(0);
        ctx.reply(RequestId { client, session: 0, sequence: op as u32 }, 2000 + op);
    }
    let handlers = Handlers { request, timer, ..IDLE };
    assert_eq!(outcomes(&with_clients(2, handlers, clients(2)), 0), ["ok 1000", "ok 1001"]);
    assert_eq!(outcomes(&with_clients(1, handlers, clients(2)), 0), ["ok 2000", "ok 2001"]);
    let impatient = ClientProfile { attempts: 1, ..clients(2) };
    let given_up = with_clients(1, handlers, impatient);
    assert_eq!(outcomes(&given_up, 0), ["unknown", "unknown"], "an answer after giving up changes nothing");
    assert_eq!(requests(&given_up).iter().map(|(.., id)| *id).collect::<Vec<_>>(), [0, 100]);
}

/// Links that double everything: every answer comes twice, the second for an operation that is over.
#[test]
fn doubled_answers_change_nothing() {
    let network = LinkProfile { duplicate: Probability::ALWAYS, ..LinkProfile::default() };
    let simulation = simulation(3, IDLE).network(network).clients(clients(50), |_, index, _| u64::from(index));
    for seed in 0..20 {
        let expected: Vec<String> = (0..50).map(|op| format!("ok {op}")).collect();
        assert_eq!(outcomes(&simulation, seed), expected);
    }
}

#[test]
fn a_client_that_crashes_gives_its_operation_up_and_goes_on_under_a_new_session() {
    let crash = || Fault::crash("clients").power_loss().mid_step();
    let handlers = Handlers {
        request: |_, request, op, ctx| {
            note_request(request, ctx);
            ctx.reply(request, op);
        },
        ..IDLE
    };
    let simulation = with_clients(1, handlers, clients(3));
    // The first request is answered at 3 ms; the second is on its way at 5 ms.
    let restarted = simulation.clone().fault(crash().restart_after(ms(10)).at(ms(5)));
    assert_eq!(outcomes(&restarted, 0), ["ok 0", "unknown", "ok 2"]);
    assert_eq!(requests(&restarted).iter().map(|(.., id)| *id).collect::<Vec<_>>(), [0, 1, 100]);
    let between = simulation.clone().fault(crash().restart_after(ms(10)).at(ms(3)));
    assert_eq!(requests(&between).len(), 3, "the one whose answer came while it was down is not asked again");
    let for_good = simulation.fault(crash().at(ms(5)));
    assert_eq!(outcomes(&for_good, 0), ["ok 0", "unknown"]);
}

#[test]
fn requests_take_the_network_as_it_is() {
    let network =
        LinkProfile { loss: Probability::ratio(1, 3), duplicate: Probability::ratio(1, 3), ..LinkProfile::default() };
    let profile = ClientProfile { count: 3, ..clients(20) };
    let simulation = simulation(3, IDLE).network(network).clients(profile, |_, index, _| u64::from(index));
    let all: BTreeSet<String> = (0..20).flat_map(|seed| outcomes(&simulation, seed)).collect();
    assert!(all.contains("unknown") && all.contains("ok 19"), "{all:?}");
}

/// Invocations and returns are numbered in the order in which they happened, over all clients.
#[test]
fn the_history_is_in_order() {
    let profile = ClientProfile { count: 4, ..clients(30) };
    for seed in 0..10 {
        let history =
            simulation(3, IDLE).clients(profile, |client, index, _| u64::from(client * 100 + index)).run(seed).history;
        let mut moments: Vec<_> =
            history.iter().flat_map(|(_, op)| [Some(op.invoked), op.returned()]).flatten().collect();
        assert_eq!(moments.len(), 2 * 120);
        moments.sort_by_key(|moment| moment.order);
        assert!(moments.is_sorted_by_key(|moment| moment.time_ns));
        assert!(moments.iter().zip(0..).all(|(moment, order)| moment.order == order));
        for client in 0..4 {
            let of: Vec<_> = history.iter().filter(|(_, op)| op.client == client).map(|(_, op)| op).collect();
            assert!(of.windows(2).all(|pair| pair[0].returned().expect("ok").order < pair[1].invoked.order));
            assert!(of.iter().zip(0..).all(|(op, index)| op.op == u64::from(client) * 100 + index));
        }
    }
}

/// An operation is a pure function of seed, client and number: one client more changes none.
#[test]
fn operations_are_drawn_for_each_client_on_its_own() {
    let ops = |count: u32, loss: u32| -> Vec<(u32, u64)> {
        let network = LinkProfile { loss: Probability::ratio(loss, 10), ..LinkProfile::default() };
        let profile = ClientProfile { count, attempts: 20, ..clients(10) };
        let history = simulation(2, IDLE).network(network).clients(profile, |_, _, rng| rng.below(1000)).run(5).history;
        let mut ops: Vec<(u32, u64)> =
            history.iter().map(|(_, op)| (op.client, op.op)).filter(|(c, _)| *c < 2).collect();
        ops.sort_by_key(|(client, _)| *client);
        ops
    };
    assert_eq!(ops(2, 0), ops(3, 0));
    assert_eq!(ops(2, 0), ops(2, 1));
    assert_eq!(ops(2, 0).iter().collect::<BTreeSet<_>>().len(), 20);
}

#[test]
fn listed_operations_take_the_place_of_drawn_ones() {
    let simulation = with_clients(1, IDLE, clients(5)).operations(vec![vec![7, 8], vec![], vec![9]]);
    let mut asked: Vec<(u32, u64)> = simulation.run(0).history.iter().map(|(_, op)| (op.client, op.op)).collect();
    asked.sort_unstable();
    assert_eq!(asked, [(0, 7), (0, 8), (2, 9)]);
}

/// A message from a node to a client's node does not reach the client.
#[test]
fn nodes_do_not_see_clients_among_the_nodes() {
    let handlers = Handlers {
        start: |_, ctx| {
            ctx.emit(Event::Saw(ctx.nodes().len() as u64));
            ctx.broadcast(Message::Ping(1));
        },
        ..IDLE
    };
    let trace = with_clients(2, handlers, clients(0)).trace(0);
    assert_eq!(saw(&trace), [2, 2]);
    assert_eq!(deliveries(&trace).len(), 2);
}

/// The answer waits behind a pause together with the timeout: whichever is first, the client copes.
#[test]
fn a_client_paused_over_its_timeout_copes() {
    let profile = ClientProfile { timeout: ms(5), ..clients(20) };
    let pause = |at| Fault::pause("clients").at(ms(at)).lasting(ms(20));
    let simulation = with_clients(2, IDLE, profile);
    let simulation = (0..10)
        .fold(simulation, |s, k| s.fault(pause(5 + 33 * k)))
        .fault(Fault::slow("n0", Duration::from_millis(7)).at(ms(40)));
    for seed in 0..50 {
        assert!(simulation.run(seed).summary.verdict.is_passed());
        assert_eq!(outcomes(&simulation, seed).len(), 20);
    }
}

#[test]
fn a_request_comes_with_the_signature_of_its_client() {
    let handlers = Handlers {
        request: |_, request, op, ctx| {
            let signed = ctx.signed_request(request, op);
            let is_the_clients = signed.signer() == request.client && signed.verify() == Some(&(request, op));
            ctx.reply(request, u64::from(is_the_clients));
        },
        ..IDLE
    };
    assert_eq!(outcomes(&with_clients(1, handlers, clients(1)), 0), ["ok 1"]);
}

#[test]
fn nobody_has_the_signature_of_a_client_that_has_not_asked() {
    let handlers = Handlers {
        request: |_, request, op, ctx| {
            ctx.signed_request(RequestId { sequence: request.sequence + 1, ..request }, op);
        },
        ..IDLE
    };
    let verdict = with_clients(1, handlers, clients(1)).run(0).summary.verdict;
    assert!(verdict.violation().is_some_and(|violation| violation.what.contains("signature")), "{verdict:?}");
}
