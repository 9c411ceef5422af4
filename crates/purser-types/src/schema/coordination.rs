//! `k8s.io/api/coordination/v1`.

use super::Presence::{Plain, Pointer};
use super::meta::{API_VERSION, KIND, METADATA};
use super::{Field, Message, Type};

/// `coordinationv1.Lease`.
pub static LEASE: Message = Message {
    name: "Lease",
    openapi: "io.k8s.api.coordination.v1.Lease",
    doc: "Says who holds something, and until when.",
    fields: &[
        KIND,
        API_VERSION,
        METADATA,
        Field::new(
            "spec",
            2,
            Type::Message(&LEASE_SPEC),
            Plain,
            "Who holds it, and since when.",
        ),
    ],
};

/// `coordinationv1.LeaseSpec`.
pub static LEASE_SPEC: Message = Message {
    name: "LeaseSpec",
    openapi: "io.k8s.api.coordination.v1.LeaseSpec",
    doc: "Who holds a lease, and for how long.",
    fields: &[
        Field::new("holderIdentity", 1, Type::String, Pointer, "Who holds the lease."),
        Field::new(
            "leaseDurationSeconds",
            2,
            Type::Int32,
            Pointer,
            "Seconds after renewTime for which others have to wait before they take it.",
        ),
        Field::new(
            "acquireTime",
            3,
            Type::MicroTime,
            Pointer,
            "When the holder took the lease.",
        ),
        Field::new(
            "renewTime",
            4,
            Type::MicroTime,
            Pointer,
            "When the holder last renewed the lease.",
        ),
        Field::new(
            "leaseTransitions",
            5,
            Type::Int32,
            Pointer,
            "How often the lease has passed from one holder to another.",
        ),
        Field::new(
            "strategy",
            6,
            Type::String,
            Pointer,
            "How the next holder is chosen, where that is coordinated.",
        )
        .go("v1.CoordinatedLeaseStrategy"),
        Field::new(
            "preferredHolder",
            7,
            Type::String,
            Pointer,
            "To whom the holder should give the lease up.",
        ),
    ],
};
