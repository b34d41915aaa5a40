//! A caller by srt-tokio, an SRT library in Rust: `srt_tokio_caller HOST:PORT [streamid=TEXT] [passphrase=TEXT]` sends its
//! standard input.

use std::{io, time::Instant};

use bytes::Bytes;
use futures::SinkExt;
use srt_tokio::SrtSocket;
use tokio::io::AsyncReadExt;

/// Seven TS packets.
const MESSAGE_BYTES: usize = 1316;

/// Bytes of an AES key.
const KEY_LENGTH: u16 = 16;

#[tokio::main]
async fn main() {
    if let Err(error) = call().await {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
    // the task that reads the standard input would keep the process running
    std::process::exit(0);
}

async fn call() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let address = arguments.get(1).map(String::as_str).unwrap_or_default();
    let option = |key: &str| arguments.iter().find_map(|text| text.strip_prefix(key));
    let mut builder = SrtSocket::builder();
    if let Some(passphrase) = option("passphrase=") {
        builder = builder.encryption(KEY_LENGTH, passphrase);
    }
    let mut socket = builder.call(address, option("streamid=")).await?;
    eprintln!("connected");
    tokio::select! {
        result = send(&mut socket) => result?,
        _ = tokio::signal::ctrl_c() => eprintln!("interrupted"),
    }
    socket.close_and_finish().await
}

async fn send(socket: &mut SrtSocket) -> io::Result<()> {
    let mut input = tokio::io::stdin();
    loop {
        let mut message = vec![0; MESSAGE_BYTES];
        let mut size = 0;
        while size < MESSAGE_BYTES {
            match input.read(&mut message[size..]).await? {
                0 => break,
                more => size += more,
            }
        }
        if size == 0 {
            return Ok(());
        }
        message.truncate(size);
        socket.send((Instant::now(), Bytes::from(message))).await?;
    }
}
