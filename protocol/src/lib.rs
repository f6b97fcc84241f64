//! Wire messages, the seal and the signed answer of Nod: no browser, no server, no I/O.
