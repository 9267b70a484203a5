use std::future::Future;
use std::net::Ipv4Addr;
use std::time::Duration;

use simulators::{echo, World};
use turmoil::net::{TcpListener, TcpStream};
use turmoil::{Builder, Sim};

const PORT: u16 = 8020;

struct Turmoil(Sim<'static>);

impl World for Turmoil {
    type Stream = TcpStream;

    /// Messages take no time, or its usual 100 ms would be spent on a hundred rounds of nothing.
    fn new(seed: u64) -> Self {
        let mut sim = Builder::new()
            .rng_seed(seed)
            .max_message_latency(Duration::ZERO)
            .simulation_duration(Duration::MAX)
            .build();
        sim.host("server", || async {
            let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
            loop {
                tokio::spawn(echo(listener.accept().await?.0));
            }
        });
        Turmoil(sim)
    }

    fn play(mut self, client: impl Future<Output = ()> + Send + 'static) {
        self.0.client("client", async {
            client.await;
            Ok(())
        });
        self.0.run().expect("played");
    }

    async fn connect() -> TcpStream {
        TcpStream::connect(("server", PORT))
            .await
            .expect("connected")
    }

    fn spawn(task: impl Future<Output = ()> + Send + 'static) -> impl Future + Send {
        tokio::spawn(task)
    }
}

fn main() {
    simulators::main::<Turmoil>("turmoil");
}
