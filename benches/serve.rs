//! `cargo bench --bench serve [-- VERSIONS]`: what `gazette serve` answers of a large registry, against nginx with the folder that
//! `gazette build` made, both asked by wrk for the same servers. Needs nginx and wrk; prints ratios, and is no test.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark reads the clock and the disk, and prints")]
#![allow(clippy::pedantic, unreachable_pub, reason = "its generator is plain arithmetic and no library")]

mod generator;
mod measure;

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use measure::{ms, registry, run};

fn main() {
    let versions: u32 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(100_000);
    let dir = registry(versions);
    let gazette = env!("CARGO_BIN_EXE_gazette");
    let scratch = dir.join("served");
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch).expect("a folder");

    let begun = Instant::now();
    let mut serve = Command::new(gazette);
    let server = Server::start(serve.args(["serve", "--log", "none", "--port"]).current_dir(&dir), |port, command| {
        command.arg(port.to_string());
    });
    while server.get("/v0.1/servers").0 != 200 {
        std::thread::sleep(Duration::from_millis(10));
    }
    println!("{versions} versions, in {}", dir.display());
    println!("the first page after start     {} (goal: 3000 ms at 25000 names)", ms(begun.elapsed()));
    searches(&server);
    println!("memory, peak                   {} MiB", server.peak());

    let site = scratch.join("site");
    assert_eq!(run(&dir, gazette, &["build", "--out", &site.to_string_lossy()]), 0);
    let script = asking(&site, &scratch);
    for turn in 1..=3 {
        let ours = requests_a_second(&server, &script);
        let nginx = nginx(&site, &scratch);
        let theirs = requests_a_second(&nginx, &script);
        println!(
            "look-ups by name, turn {turn}       {ours:>8.0} a second, nginx {theirs:>8.0}   ratio {:.2} (goal: at least 0.90)",
            ours / theirs
        );
    }
    fs::remove_dir_all(&scratch).expect("what was built goes away");
}

/// A server that is asked, until this goes away.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(command: &mut Command, with_port: impl FnOnce(u16, &mut Command)) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        with_port(port, command);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let server = Self { child, port };
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(1));
        }
        server
    }

    /// The status and the body of what stands at an address.
    fn get(&self, address: &str) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        let request = format!("GET {address} HTTP/1.1\r\nHost: registry.example.com\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("it answers");
        let text = String::from_utf8_lossy(&answer);
        (text.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status"), answer)
    }

    /// The most memory it ever took, in MiB, as the kernel counted it.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() >> 10
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The slowest of the medians over words that are found often, seldom and never.
fn searches(server: &Server) {
    for word in ["a", "weather", "zz", "no-such-server", "io.github"] {
        let mut times: Vec<Duration> = (0..21)
            .map(|_| {
                let begun = Instant::now();
                let (status, _) = server.get(&format!("/v0.1/servers?version=latest&search={word}"));
                assert_eq!(status, 200);
                begun.elapsed()
            })
            .collect();
        times.sort();
        println!("search={word:<24}{:>8.2} ms (goal: 5 ms)", times[times.len() / 2].as_secs_f64() * 1e3);
    }
}

/// A script for wrk that asks for the latest version of one server after the other.
fn asking(site: &Path, scratch: &Path) -> PathBuf {
    let servers = site.join("v0.1/servers");
    let mut names = Vec::new();
    for namespace in fs::read_dir(servers).expect("servers").flatten().filter(|entry| entry.path().is_dir()) {
        for server in fs::read_dir(namespace.path()).expect("a namespace").flatten() {
            names.push(format!("{}%2F{}", namespace.file_name().to_string_lossy(), server.file_name().to_string_lossy()));
        }
    }
    names.sort();
    let list: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    let script = format!(
        "local names = {{{}}}\nlocal at = 0\nrequest = function()\n  at = (at * 7 + 3) % #names\n  \
         at = (at + math.random(#names)) % #names\n  return wrk.format(\"GET\", \"/v0.1/servers/\" .. names[at + 1] .. \"/versions/latest\")\nend\n",
        list.join(",")
    );
    let path = scratch.join("ask.lua");
    fs::write(&path, script).expect("a script");
    path
}

fn requests_a_second(server: &Server, script: &Path) -> f64 {
    let url = format!("http://127.0.0.1:{}/", server.port);
    let output = Command::new("wrk").args(["-t1", "-c32", "-d5s", "-s"]).arg(script).arg(url).output().expect("wrk is installed");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!said.contains("Non-2xx"), "{said}");
    let line = said.lines().find_map(|line| line.strip_prefix("Requests/sec:")).unwrap_or_else(|| panic!("{said}"));
    line.trim().parse().expect("a number")
}

/// A real nginx with the configuration that the build wrote; one worker for each processor, as it comes.
fn nginx(site: &Path, scratch: &Path) -> Server {
    let written = fs::read_to_string(site.join(".gazette/hosting/nginx.conf")).expect("a configuration");
    let conf = scratch.join("nginx.conf");
    let mut command = Command::new("nginx");
    Server::start(command.arg("-c").arg(&conf), |port, _| {
        let server = written
            .replace("root /srv/gazette;", &format!("root {};", site.display()))
            .replace("listen 80;", &format!("listen 127.0.0.1:{port};"));
        let at = |name: &str| scratch.join(name).display().to_string();
        let places: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("    {kind}_temp_path {};\n", at(kind)))
            .concat();
        let text = format!(
            "daemon off;\nuser root;\nworker_processes auto;\npid {};\nevents {{ }}\nhttp {{\n    access_log off;\n    sendfile on;\n    \
             tcp_nopush on;\n    keepalive_requests 1000000;\n    open_file_cache max=200000;\n{places}{server}\n}}\n",
            at("pid")
        );
        fs::write(&conf, text).expect("a configuration");
    })
}
