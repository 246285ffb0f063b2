//! Signatures that only their owner can make.
//!
//! No cryptography: a signature here is a fact that the simulator keeps, as the papers assume of
//! theirs. Who holds a [`Signed`] can hand it on, and nobody can change what it says.

use serde::Serialize;

use crate::process::NodeId;

/// A statement with the signature of a node: made by [`Context::sign`](crate::Context::sign), and
/// for Byzantine nodes by [`Traitor::sign`](crate::Traitor::sign) and
/// [`AdversaryContext::sign`](crate::AdversaryContext::sign).
///
/// It can travel in messages of anybody, and lie on disks. A Byzantine node may send one whose
/// signature does not verify, so a receiver must look: [`verify`](Self::verify).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Signed<T> {
    signer: NodeId,
    is_genuine: bool,
    content: T,
}

/// Signs as one node: what [`Context::sign`](crate::Context::sign) does, for code that outlives a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signer {
    pub(crate) signer: NodeId,
}

impl Signer {
    /// Signs a statement. Nobody else can make this signature.
    pub const fn sign<T>(&self, content: T) -> Signed<T> {
        Signed::genuine(self.signer, content)
    }
}

impl<T> Signed<T> {
    pub(crate) const fn genuine(signer: NodeId, content: T) -> Self {
        Self { signer, is_genuine: true, content }
    }

    pub(crate) const fn forged(signer: NodeId, content: T) -> Self {
        Self { signer, is_genuine: false, content }
    }

    /// Whose signature it is said to bear.
    pub const fn signer(&self) -> NodeId {
        self.signer
    }

    /// What it says, if the signature is its signer's own.
    pub const fn verify(&self) -> Option<&T> {
        if self.is_genuine { Some(&self.content) } else { None }
    }

    /// What it says, whoever made it say so: for mutations, traces and checks that have verified it
    /// before.
    pub const fn content(&self) -> &T {
        &self.content
    }

    /// The same, without the signature.
    pub fn into_content(self) -> T {
        self.content
    }
}
