//! A wire between the relay and the authority that keeps all that goes over it.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

type Bytes = Arc<Mutex<Vec<u8>>>;

/// Listens for the relay and speaks with the authority.
pub(crate) struct Tap {
    pub(crate) address: SocketAddr,
    to_authority: Bytes,
    to_relay: Bytes,
}

impl Tap {
    pub(crate) fn before(authority: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let tap = Self {
            address: listener.local_addr().unwrap(),
            to_authority: Bytes::default(),
            to_relay: Bytes::default(),
        };
        let (up, down) = (tap.to_authority.clone(), tap.to_relay.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let from = stream.unwrap();
                let to = TcpStream::connect(authority).unwrap();
                copy(
                    from.try_clone().unwrap(),
                    to.try_clone().unwrap(),
                    up.clone(),
                );
                copy(to, from, down.clone());
            }
        });
        tap
    }

    /// What the authority was sent so far, all connections together.
    pub(crate) fn to_authority(&self) -> Vec<u8> {
        self.to_authority.lock().unwrap().clone()
    }

    /// What it has said.
    pub(crate) fn to_relay(&self) -> Vec<u8> {
        self.to_relay.lock().unwrap().clone()
    }
}

fn copy(mut from: TcpStream, mut to: TcpStream, kept: Bytes) {
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            kept.lock().unwrap().extend_from_slice(&buffer[..count]);
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}
