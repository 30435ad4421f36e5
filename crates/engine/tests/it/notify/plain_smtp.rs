//! The smallest SMTP server: one message to a connection, in the clear.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Keeps what it is sent. Ends when it is dropped.
pub struct Sink {
    pub port: u16,
    kept: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<()>,
}

impl Sink {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let kept: Arc<Mutex<Vec<String>>> = Arc::default();
        let keeping = kept.clone();
        let mut server = JoinSet::new();
        server.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = serve(stream, &keeping).await;
            }
        });
        Self {
            port,
            kept,
            _server: server,
        }
    }

    /// The whole conversations.
    pub fn messages(&self) -> Vec<String> {
        self.kept.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream, kept: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut said = String::new();
    stream.write_all(b"220 sink\r\n").await?;
    loop {
        let at = said.len();
        if stream.read_line(&mut said).await? == 0 {
            return Ok(());
        }
        let reply = match said[at..].get(..4) {
            Some("EHLO") => "250-sink\r\n250 8BITMIME\r\n",
            Some("DATA") => {
                stream.write_all(b"354 go on\r\n").await?;
                while !said.ends_with("\r\n.\r\n") {
                    stream.read_line(&mut said).await?;
                }
                kept.lock().unwrap().push(said.clone());
                "250 kept\r\n"
            }
            Some("QUIT") => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        stream.write_all(reply.as_bytes()).await?;
    }
}
