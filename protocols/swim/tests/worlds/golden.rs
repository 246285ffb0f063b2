//! A run that a person can read, compared with what was accepted. `cargo insta review` shows how a change of the
//! protocol changes it.

use sim_core::{Fault, Latency, LinkProfile, Simulation, ms};
use swim::{Swim, SwimConfig};

/// n2 hears nothing for a while. It is suspected, hears of that when it is back, and refutes it under incarnation 2. Then
/// it crashes: it is suspected once more, nobody refutes that, and it is held for dead.
#[test]
fn a_suspicion_is_refuted_and_another_one_is_not() {
    let config = SwimConfig { period: ms(100), ping_timeout: ms(30), suspicion: 2, ..SwimConfig::default() };
    let outcome = Simulation::<Swim>::of(config, 3)
        .network(LinkProfile { latency: Latency::Uniform(ms(1), ms(5)), ..LinkProfile::default() })
        .fault(Fault::isolate("n2").at(ms(150)).lasting(ms(150)))
        .fault(Fault::crash("n2").at(ms(550)))
        .run_for(ms(1350))
        .run_traced(1);
    insta::assert_snapshot!(outcome.trace.expect("it was asked for").story());
}
