//! The simulator as those who use it see it, concept by concept.
//!
//! One program, because linking one for each concept would take longer than running them all.

mod adversaries;
mod boundaries;
mod choices;
mod clients;
mod clocks;
mod common;
mod crash;
mod detector;
mod disk;
mod effects;
mod embedded;
mod faults;
mod harness;
mod heal;
mod inline;
mod kinds;
mod layers;
mod lies;
mod links;
mod liveness;
mod milestones;
mod models;
mod nemesis;
mod network;
mod omissions;
mod operator;
mod partitions;
mod properties;
mod recovering;
mod redraw;
mod replay;
mod restarts;
mod sabotage;
mod scripts;
mod shrink;
mod storage;
mod timing;
mod trace;
mod twins;
mod validation;
mod verdicts;
mod zones;
