//! `cargo bench --bench publish [-- VERSIONS]`: what publishing a large registry into an empty bucket costs, against `rclone copy` and
//! `aws s3 sync` of the same objects to the same server, and what it costs again. Prints ratios; it is no test.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "a benchmark reads the clock and the disk, and prints")]
#![allow(clippy::pedantic, unreachable_pub, reason = "its generator is plain arithmetic and no library")]

mod generator;
mod measure;
#[allow(dead_code, reason = "tests order troubles from it, and this does not")]
#[path = "../tests/it/publish/wire/server.rs"]
mod server;

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use measure::{change_ten, git, ms, ratio, registry};

/// Each round has a server of its own for each, and one comes right after the other: the machine is the same for both.
const ROUNDS: usize = 3;
/// With this argument, this program is the server.
const SERVE: &str = "--as-server";
/// How many requests each has under way.
const WIDTH: &str = "64";

fn main() {
    if std::env::args().any(|arg| arg == SERVE) {
        return serve();
    }
    let versions: u32 = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(10_000);
    let dir = registry(versions);
    let scratch = dir.join("published");
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch).expect("a folder");
    let repo = scratch.join("repository");
    git(&dir, &["clone", "-q", ".", &repo.to_string_lossy()]);

    let objects = scratch.join("objects");
    let count = {
        let mut server = Server::start();
        publish(&repo, &server);
        server.dump(&objects)
    };
    println!("{versions} versions, {count} objects, in {}", dir.display());
    let per_object = |cost: &Cost| cost.cpu.as_secs_f64() * 1e6 / f64::from(count);
    let rendering = cost(Command::new(env!("CARGO_BIN_EXE_gazette")).args(["build", "--out", "-"]).current_dir(&repo));
    println!(
        "rendering alone, once          {}, {:.0} us of processor time an object",
        ms(rendering.wall),
        per_object(&rendering)
    );

    let tell = |what: &str, cost: &Cost| {
        let rate = f64::from(count) / cost.wall.as_secs_f64();
        print!("{what:<31}{rate:>8.0} objects a second, {:>6.0} us of processor time an object", per_object(cost));
    };
    let mut published = None;
    let mut ours = Vec::new();
    for turn in 1..=ROUNDS {
        let server = Server::start();
        let gazette = publish(&repo, &server);
        tell(&format!("gazette publish, turn {turn}"), &gazette);
        println!(" (goal: at most 200), {} MiB (goal: at most {})", gazette.peak, 64 + versions / 1024);
        ours.push(gazette.wall);
        published = Some(server);
        against("rclone copy", &rclone(&objects, &scratch), gazette.wall, 1.4, &tell);
    }
    ours.sort();
    against("aws s3 sync", &aws(&objects, &scratch), ours[ROUNDS / 2], 8.0, &tell);

    let server = published.expect("at least one round");
    aim(&repo, &server);
    publish(&repo, &server);
    let nothing = publish(&repo, &server);
    println!("nothing changed                {}, {} (goal: 3 GET, 1 PUT)", ms(nothing.wall), nothing.requests());
    for round in 1..=ROUNDS {
        change_ten(&repo, round);
        let ten = publish(&repo, &server);
        println!("ten versions changed           {}, {}", ms(ten.wall), ten.requests());
    }
    fs::remove_dir_all(&scratch).expect("what was published goes away");
}

/// The same objects, by another program, to a server of its own.
fn against(what: &str, command: &dyn Fn(&Server) -> Command, ours: Duration, goal: f64, tell: &dyn Fn(&str, &Cost)) {
    let server = Server::start();
    let mut command = command(&server);
    let program = command.get_program().to_string_lossy().into_owned();
    if Command::new(&program).arg("help").stdin(Stdio::null()).output().is_err() {
        println!("{program} is not installed: nothing to compare with");
        return;
    }
    let theirs = cost(&mut command);
    tell(what, &theirs);
    println!("   ratio {:.2} (goal: at least {goal})", ratio(theirs.wall, ours));
}

fn publish(repo: &Path, server: &Server) -> Cost {
    aim(repo, server);
    let mut command = Command::new(env!("CARGO_BIN_EXE_gazette"));
    command.args(["publish", "--no-read-back", "--jobs", WIDTH]).current_dir(repo);
    cost(with_key(&mut command))
}

/// Makes the server the target, as one commit if it is not yet.
fn aim(repo: &Path, server: &Server) {
    let path = repo.join("registry-data/registry.toml");
    let text = fs::read_to_string(&path).expect("settings");
    let kept = text.split("\n[publish").next().expect("a part");
    let target = format!("target = \"s3://registry/site\"\nendpoint = \"http://{}\"\nsigning = \"none\"\n", server.address);
    let aimed = format!("{kept}\n[publish.bench]\n{target}");
    if text != aimed {
        fs::write(path, aimed).expect("settings");
        git(repo, &["commit", "-q", "-a", "-m", "target"]);
    }
}

fn with_key(command: &mut Command) -> &mut Command {
    let key = [("AWS_ACCESS_KEY_ID", server::KEY), ("AWS_SECRET_ACCESS_KEY", server::SECRET), ("AWS_REGION", "us-east-1")];
    let none = [("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_CONFIG_FILE", "none"), ("AWS_SHARED_CREDENTIALS_FILE", "none")];
    // What the machine says of proxies and certificates is for other servers.
    command.envs(key).envs(none).env_remove("AWS_CA_BUNDLE")
}

/// Without any request but one PUT for each object.
fn rclone<'a>(objects: &'a Path, scratch: &'a Path) -> impl Fn(&Server) -> Command + 'a {
    move |server| {
        let mut command = Command::new("rclone");
        with_key(&mut command).arg("copy").arg(objects).arg(":s3:registry/site");
        command.args(["--s3-provider", "Other", "--s3-env-auth", "--s3-region", "us-east-1", "--s3-endpoint"]);
        command.arg(format!("http://{}", server.address)).arg("--config").arg(scratch.join("rclone.conf"));
        command.args([
            "--transfers",
            WIDTH,
            "--checkers",
            WIDTH,
            "--no-check-dest",
            "--ignore-checksum",
            "--s3-upload-cutoff",
            "5G",
        ]);
        command.args(["--s3-no-check-bucket", "--s3-no-head", "--s3-no-head-object", "--s3-disable-checksum"]);
        command
    }
}

/// With what its settings have to make it faster.
fn aws<'a>(objects: &'a Path, scratch: &'a Path) -> impl Fn(&Server) -> Command + 'a {
    move |server| {
        let config = scratch.join("aws.conf");
        let text = format!(
            "[default]\nrequest_checksum_calculation = when_required\ns3 =\n  max_concurrent_requests = {WIDTH}\n  \
             max_queue_size = 10000\n  multipart_threshold = 5GB\n  addressing_style = path\n"
        );
        fs::write(&config, text).expect("settings");
        let mut command = Command::new("aws");
        with_key(&mut command).env("AWS_CONFIG_FILE", config).args(["s3", "sync", "--only-show-errors", "--endpoint-url"]);
        command.arg(format!("http://{}", server.address)).arg(objects).arg("s3://registry/site");
        command
    }
}

/// What one program took from its start to its end.
struct Cost {
    wall: Duration,
    /// Of all its threads, in itself and for it in the kernel.
    cpu: Duration,
    /// The most memory it ever took, in MiB.
    peak: u64,
    said: String,
}

impl Cost {
    /// The line in which `publish` counts its requests.
    fn requests(&self) -> &str {
        self.said.lines().rfind(|line| line.contains(" GET, ")).unwrap_or(&self.said).trim()
    }
}

fn cost(command: &mut Command) -> Cost {
    let (before, begun) = (ended_children(), Instant::now());
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let id = child.id();
    let watch = thread::spawn(move || peak_until_end(id));
    let output = child.wait_with_output().expect("it ends");
    let wall = begun.elapsed();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    Cost { wall, cpu: ended_children().saturating_sub(before), peak: watch.join().expect("it ends too"), said }
}

fn peak_until_end(id: u32) -> u64 {
    let mut peak = 0;
    while let Ok(status) = fs::read_to_string(format!("/proc/{id}/status")) {
        let Some(line) = status.lines().find_map(|line| line.strip_prefix("VmHWM:")) else { break };
        peak = line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() >> 10;
        thread::sleep(Duration::from_millis(5));
    }
    peak
}

/// The processor time of all children that have ended, which the kernel counts in hundredths of a second.
fn ended_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in parentheses");
    let ticks: u64 = fields.split(' ').skip(13).take(2).map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
    Duration::from_millis(ticks * 10)
}

/// A bucket in a process of its own, which ends with this.
struct Server {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    fn start() -> Self {
        let mut command = Command::new(std::env::current_exe().expect("a program"));
        let mut child = command.arg(SERVE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let (orders, answers) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
        let mut server = Self { child, orders, answers: BufReader::new(answers), address: String::new() };
        server.address = server.answer();
        server
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        line.trim().to_owned()
    }

    /// Writes all that lies there into a folder, and tells how many objects there are.
    fn dump(&mut self, folder: &Path) -> u32 {
        writeln!(self.orders, "{}", folder.display()).expect("it listens");
        self.answer().parse().expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve() {
    let server = server::Server::start();
    println!("{}", server.address);
    for folder in std::io::stdin().lines() {
        println!("{}", dump(&server, &PathBuf::from(folder.expect("a folder"))));
    }
}

/// A key that is also the beginning of others cannot be a file of that name: it stands in the folder of that name.
fn dump(server: &server::Server, folder: &Path) -> usize {
    let keys: BTreeSet<String> = server.keys().into_iter().collect();
    for key in &keys {
        let below = format!("{key}/");
        let is_folder = keys.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below));
        let path = if is_folder { folder.join(below).join("index.json") } else { folder.join(key) };
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, server.body(key)).expect("a file");
    }
    keys.len()
}
