//! A port on loopback that a check or a log target talks to.

use crate::{
    PATIENCE,
    deed::Listen,
    trouble::{Outcome, Trouble},
};
use clock::Clock;
use futures_util::TryFutureExt;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request, Response,
    body::{Bytes, Incoming},
    header::CONTENT_TYPE,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
    task::JoinHandle,
};

/// A request that came to the port.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Method and path.
    pub line: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A port that is reserved, and refuses connections until it has an answer.
pub struct Listener {
    number: u16,
    reserved: Option<TcpSocket>,
    serving: Option<JoinHandle<()>>,
    reply: Arc<Mutex<Option<Listen>>>,
    arrivals: watch::Sender<Vec<Arrival>>,
}

impl Listener {
    pub fn reserve() -> Outcome<Self> {
        let socket = bound(0)?;
        Ok(Self {
            number: socket.local_addr()?.port(),
            reserved: Some(socket),
            serving: None,
            reply: Arc::default(),
            arrivals: watch::Sender::default(),
        })
    }

    pub fn number(&self) -> u16 {
        self.number
    }

    /// Gives the port free, for the program to listen on.
    pub fn release(&mut self) -> u16 {
        self.reserved = None;
        self.number
    }

    /// Answers with this from now on, or refuses connections again.
    pub async fn configure(&mut self, listen: Listen) -> Outcome<()> {
        if listen.closed {
            return self.refuse().await;
        }
        *self.reply.lock().unwrap_or_else(PoisonError::into_inner) = Some(listen);
        if let Some(socket) = self.reserved.take() {
            let service = Service { reply: Arc::clone(&self.reply), arrivals: self.arrivals.clone() };
            self.serving = Some(tokio::spawn(serve(socket.listen(16)?, service)));
        }
        Ok(())
    }

    async fn refuse(&mut self) -> Outcome<()> {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            let _ = serving.await;
        }
        self.reserved = Some(bound(self.number)?);
        Ok(())
    }

    /// The requests so far, once there are enough or patience is over.
    pub async fn arrivals(&self, enough: impl FnMut(&Vec<Arrival>) -> bool) -> Vec<Arrival> {
        let mut arrivals = self.arrivals.subscribe();
        let _ = Clock::real().within(PATIENCE, arrivals.wait_for(enough)).await;
        self.arrivals.borrow().clone()
    }
}

fn bound(number: u16) -> Outcome<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, number)))?;
    Ok(socket)
}

#[derive(Clone)]
struct Service {
    reply: Arc<Mutex<Option<Listen>>>,
    arrivals: watch::Sender<Vec<Arrival>>,
}

async fn serve(listener: TcpListener, service: Service) {
    while let Ok((stream, _)) = listener.accept().await {
        let service = service.clone();
        let answer = service_fn(move |request| service.clone().answer(request).map_err(|Trouble(text)| text));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}

impl Service {
    async fn answer(self, request: Request<Incoming>) -> Outcome<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let line = format!("{} {path}", head.method);
        let listen = self.reply.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.arrivals.send_modify(|arrivals| arrivals.push(Arrival { line, headers: head.headers, body }));
        let (status, delay, headers, text) = listen.map_or_else(
            || (200, 0.0, BTreeMap::new(), String::new()),
            |listen| (listen.status.unwrap_or(200), listen.delay, listen.headers, listen.body),
        );
        Clock::real().sleep(Duration::from_secs_f64(delay)).await;
        let mut response = Response::builder().status(status).header(CONTENT_TYPE, "text/plain");
        for (name, value) in headers {
            response = response.header(name, value);
        }
        Ok(response.body(Full::from(text))?)
    }
}
