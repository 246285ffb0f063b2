//! The data types apart from any network: the laws of their lattices, what they are specified to give, and the
//! published crate `crdts` beside them.

mod lattice;
mod oracle;
mod replicas;
mod specified;
