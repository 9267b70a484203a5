//! What is measured of a simulator: a client's and a server's host in one world, and 64 bytes
//! behind their length that the server returns.  As bench/calls.c, worlds.c and idle.c do of ours,
//! which has a whole protocol to carry.

use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

pub trait World {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// In it a server accepts, and plays `echo` with each stream in a task of its own.
    fn new(seed: u64) -> Self;

    /// Plays the client on a host of its own until it ends, and frees the world.
    fn play(self, client: impl Future<Output = ()> + Send + 'static);

    /// To the server, from the client's host.
    fn connect() -> impl Future<Output = Self::Stream> + Send;

    /// A task on the client's host; awaited, it has ended.
    fn spawn(task: impl Future<Output = ()> + Send + 'static) -> impl Future + Send;
}

const LENGTH: usize = size_of::<u32>();
const TEXT: usize = 64;
type Frame = [u8; LENGTH + TEXT];

async fn receive(stream: &mut (impl AsyncRead + Unpin), frame: &mut Frame) -> io::Result<usize> {
    stream.read_exact(&mut frame[..LENGTH]).await?;
    let end = LENGTH + u32::from_be_bytes(frame[..LENGTH].try_into().unwrap()) as usize;
    stream.read_exact(&mut frame[LENGTH..end]).await?;
    Ok(end)
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), frame: &[u8]) -> io::Result<()> {
    stream.write_all(frame).await?;
    stream.flush().await
}

/// The server's end of a connection.
pub async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let mut frame = [0; LENGTH + TEXT];
    while let Ok(end) = receive(&mut stream, &mut frame).await {
        if send(&mut stream, &frame[..end]).await.is_err() {
            break;
        }
    }
}

async fn call(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    let mut frame = [b'x'; LENGTH + TEXT];
    frame[..LENGTH].copy_from_slice(&(TEXT as u32).to_be_bytes());
    send(stream, &frame).await.expect("sent");
    receive(stream, &mut frame).await.expect("answered");
}

fn seconds(clock: libc::clockid_t) -> f64 {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    unsafe { libc::clock_gettime(clock, &mut now) };
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

static LEFT: AtomicI64 = AtomicI64::new(0);

/// One call under way on each connection; each reply starts the next.
fn calls<W: World>(name: &str, connections: usize, calls: u64) {
    LEFT.store(calls as i64, Relaxed);
    let caller = || async {
        let mut stream = W::connect().await;
        while LEFT.fetch_sub(1, Relaxed) > 0 {
            call(&mut stream).await;
        }
    };
    let world = W::new(1);
    let clocks = [libc::CLOCK_MONOTONIC, libc::CLOCK_PROCESS_CPUTIME_ID];
    let start = clocks.map(seconds);
    world.play(async move {
        let callers: Vec<_> = (0..connections).map(|_| W::spawn(caller())).collect();
        for caller in callers {
            caller.await;
        }
    });
    let end = clocks.map(seconds);
    println!(
        "{name} {connections} x 1: {:.0} calls/s, {:.2} us of CPU per call",
        calls as f64 / (end[0] - start[0]),
        (end[1] - start[1]) / calls as f64 * 1e6,
    );
}

/// Made, connected, one call made and answered, all of it freed.
fn worlds<W: World>(name: &str, count: u64) {
    let start = seconds(libc::CLOCK_PROCESS_CPUTIME_ID);
    for seed in 1..=count {
        W::new(seed).play(async { call(&mut W::connect().await).await });
    }
    let took = seconds(libc::CLOCK_PROCESS_CPUTIME_ID) - start;
    println!("{name} worlds: {:.0} a CPU second", count as f64 / took);
}

fn in_use() -> usize {
    let info = unsafe { libc::mallinfo2() };
    info.uordblks + info.hblkhd
}

/// One call each has been made and has ended.  No task waits at the client's end.
fn idle<W: World>(name: String, connections: usize) {
    let connect = || async {
        let mut stream = W::connect().await;
        call(&mut stream).await;
        stream
    };
    W::new(1).play(async move {
        let _first = connect().await;
        let before = in_use();
        let mut streams = Vec::with_capacity(connections);
        for _ in 0..connections {
            streams.push(connect().await);
        }
        let each = (in_use() - before) as f64 / connections as f64;
        println!("{name} idle: {each:.0} bytes for each of {connections} connections, both ends");
    });
}

/// The program NAME of one simulator.
pub fn main<W: World>(name: &str) {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize| arguments[i].parse().expect("a number");
    match (arguments.first().map(String::as_str), arguments.len()) {
        (Some("calls"), 3) => calls::<W>(name, number(1) as usize, number(2)),
        (Some("worlds"), 2) => worlds::<W>(name, number(1)),
        (Some("idle"), 2) => idle::<W>(name.to_string(), number(1) as usize),
        _ => {
            eprintln!("usage: {name} calls CONNECTIONS CALLS | worlds COUNT | idle CONNECTIONS");
            std::process::exit(2);
        }
    }
}
