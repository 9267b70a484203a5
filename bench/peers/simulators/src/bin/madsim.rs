use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};

use madsim::net::{TcpListener, TcpStream};
use madsim::runtime::Runtime;
use madsim::Config;
use simulators::{echo, World};

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
const PORT: u16 = 8020;

struct Madsim(Runtime);

impl World for Madsim {
    type Stream = TcpStream;

    fn new(seed: u64) -> Self {
        let runtime = Runtime::with_seed_and_config(seed, Config::default());
        let server = runtime.create_node().ip(SERVER).build();
        let bound = server.spawn(async {
            let listener = TcpListener::bind((SERVER, PORT)).await.expect("bound");
            madsim::task::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    madsim::task::spawn(echo(stream));
                }
            });
        });
        runtime.block_on(bound).expect("listening");
        Madsim(runtime)
    }

    fn play(self, client: impl Future<Output = ()> + Send + 'static) {
        let host = self.0.create_node().ip(CLIENT).build();
        self.0.block_on(host.spawn(client)).expect("played");
    }

    async fn connect() -> TcpStream {
        TcpStream::connect((SERVER, PORT)).await.expect("connected")
    }

    fn spawn(task: impl Future<Output = ()> + Send + 'static) -> impl Future + Send {
        madsim::task::spawn(task)
    }
}

fn main() {
    simulators::main::<Madsim>("madsim");
}
