//! A host in front of a bucket, as readers see it: whatever lies there, with its headers, and otherwise 404; and what a test orders
//! to be answered instead.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use gazette::{
    adapters::{memory::Memory, web::Web},
    publish::Publisher,
    verify::{Host, address::Base, port::Fetch, publication::Reader},
};

use crate::loopback::{Response, decoded, http};

/// A body with its type and how long it may be kept.
pub(crate) type Object = (Vec<u8>, String, String);

pub(crate) struct Front {
    pub(crate) address: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// By path: how often it is answered so, and how.
    instead: Mutex<BTreeMap<String, (usize, Response)>>,
    asked: Mutex<Vec<String>>,
}

impl Front {
    /// Whoever looks finds what `lying` finds by key at that moment.
    pub(crate) fn of(lying: impl Fn(&str) -> Option<Object> + Send + Sync + 'static) -> Self {
        let shared: Arc<Shared> = Arc::default();
        let seen = shared.clone();
        let address = http(move |request| {
            let path = decoded(request.path());
            seen.asked.lock().expect("no thread panicked").push(path.clone());
            if let Some((times, response)) = seen.instead.lock().expect("no thread panicked").get_mut(&path)
                && *times > 0
            {
                *times -= 1;
                return response.clone();
            }
            match lying(path.trim_start_matches('/')) {
                Some((body, content_type, cache_control)) => {
                    open(Response::new(200, body)).with("content-type", &content_type).with("cache-control", &cache_control)
                }
                None => open(Response::new(404, "{\"error\": \"not found\"}")).with("content-type", "application/json"),
            }
        });
        Self { address: format!("http://{address}"), shared }
    }

    /// What lies in memory now, and stays as it is.
    pub(crate) fn snapshot(memory: &Memory) -> Self {
        Self::of(objects(memory))
    }

    /// From now on a path is answered so.
    pub(crate) fn instead(&self, path: &str, response: Response) {
        self.times(usize::MAX, path, response);
    }

    /// The next times.
    pub(crate) fn times(&self, times: usize, path: &str, response: Response) {
        self.shared.instead.lock().expect("no thread panicked").insert(path.to_owned(), (times, response));
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().expect("no thread panicked").clone()
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(Reader) -> T) -> T {
        let (base, web) = (Base::parse(&self.address).expect("an address"), Web::new());
        let fetch: &(dyn Fetch + Sync) = &web;
        read(Reader::new(&base, Host::Unknown, fetch))
    }
}

/// Everything that lies in memory now, by key.
pub(crate) fn objects(memory: &Memory) -> impl Fn(&str) -> Option<Object> + Send + Sync + 'static {
    let objects = memory.objects();
    move |key| {
        let (bytes, headers) = objects.get(key)?;
        Some((bytes.to_vec(), headers.content_type.to_owned(), headers.cache_control.to_owned()))
    }
}

/// The answer to whoever asks for a key.
pub(crate) fn answer(memory: &Memory, key: &str) -> Response {
    let (body, content_type, cache_control) = objects(memory)(key).expect("it lies there");
    open(Response::new(200, body)).with("content-type", &content_type).with("cache-control", &cache_control)
}

pub(crate) fn open(response: Response) -> Response {
    response.with("access-control-allow-origin", "*")
}

/// Publishes an edition into memory.
pub(crate) fn publish(
    memory: &Memory,
    clock: &super::stage::TestClock,
    rendered: &super::world::Rendered,
) -> (u64, gazette::digest::Sha256) {
    let settings = super::world::settings("p", 0);
    let publisher = Publisher { bucket: memory, cdn: None, clock, settings: &settings, progress: &|_| {} };
    let edition = rendered.edition();
    let standing = gazette::publish::Standing::read(&publisher).expect("a bucket");
    let plan = standing.plan(&edition, &publisher).expect("a plan");
    let receipt = gazette::publish::apply(&plan, standing, &edition, &publisher).expect("published");
    let root = receipt.root.as_deref().and_then(gazette::digest::Sha256::parse).expect("a root");
    (receipt.publication.expect("a number"), root)
}
