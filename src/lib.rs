//! Nod.
