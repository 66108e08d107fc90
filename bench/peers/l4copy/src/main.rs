//! The floor: bytes copied between two sockets, nothing understood. Usage: `l4copy LISTEN ORIGIN`.

use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let [listen, origin] = std::env::args().skip(1).collect::<Vec<_>>().try_into().expect("LISTEN ORIGIN");
    let listener = TcpListener::bind(listen).await?;
    loop {
        let (mut visitor, _) = listener.accept().await?;
        let origin = origin.clone();
        tokio::spawn(async move {
            visitor.set_nodelay(true)?;
            let mut upstream = TcpStream::connect(origin).await?;
            upstream.set_nodelay(true)?;
            tokio::io::copy_bidirectional_with_sizes(&mut visitor, &mut upstream, 16_384, 16_384).await
        });
    }
}
