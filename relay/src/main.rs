//! The program `nod-relay`.

use clap::Parser;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    nod_relay::run(nod_relay::Settings::parse()).await
}
