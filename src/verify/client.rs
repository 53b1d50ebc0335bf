//! The clients: what each is called, how it asks, and the file in which its visit stands.

use std::time::Duration;

use crate::site::hosting::limits;

use super::visit::Visit;

mod apm;
mod copilot;
mod copilot_cli;
mod docker;
mod kiro;
mod thv;
mod toolhive;
mod vscode;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    VsCode,
    Copilot,
    CopilotCli,
    Thv,
    ToolHive,
    Docker,
    Apm,
    Kiro,
}

/// How a client asks for anything.
pub(super) struct Manner {
    pub(super) headers: &'static [(&'static str, &'static str)],
    /// How long it waits for a whole answer, where it sets a limit.
    pub(super) waits: Option<Duration>,
    /// The largest body it reads, where it sets a limit; else where reading stops here.
    pub(super) most: u64,
    /// How many redirects in a row it follows.
    pub(super) redirects: u32,
    /// Whether it follows none from https to plain http.
    pub(super) https: bool,
}

/// The page of VS Code's window, from which its `fetch` sends every request.
pub(super) const VSCODE_ORIGIN: &str = "vscode-file://vscode-app";

impl Client {
    pub const ALL: [Self; 8] =
        [Self::VsCode, Self::Copilot, Self::CopilotCli, Self::Thv, Self::ToolHive, Self::Docker, Self::Apm, Self::Kiro];

    /// The word of the command line and of the JSON report.
    pub fn id(self) -> &'static str {
        match self {
            Self::VsCode => "vscode",
            Self::Copilot => "copilot",
            Self::CopilotCli => "copilot-cli",
            Self::Thv => "thv",
            Self::ToolHive => "toolhive",
            Self::Docker => "docker",
            Self::Apm => "apm",
            Self::Kiro => "kiro",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::VsCode => "VS Code",
            Self::Copilot => "Copilot in JetBrains, Eclipse and Xcode",
            Self::CopilotCli => "Copilot CLI",
            Self::Thv => "ToolHive's thv",
            Self::ToolHive => "ToolHive's registry server",
            Self::Docker => "Docker's MCP gateway",
            Self::Apm => "microsoft/apm",
            Self::Kiro => "Kiro and Amazon Q",
        }
    }

    pub(super) fn manner(self) -> Manner {
        // A browser's `fetch` follows 20 redirects, Go's client 10, Python's requests 30.
        let (fetch, go) = (20, 10);
        let manner = Manner { headers: &[], waits: None, most: limits::TOOLHIVE_BYTES, redirects: fetch, https: false };
        match self {
            Self::VsCode => Manner { headers: &[("accept", "*/*"), ("origin", VSCODE_ORIGIN)], ..manner },
            Self::Copilot => {
                Manner { headers: &[("accept", "application/json"), ("content-type", "application/json")], ..manner }
            }
            Self::CopilotCli => Manner { headers: &[("accept", "application/json")], ..manner },
            Self::Thv => Manner { waits: Some(Duration::from_secs(10)), redirects: go, https: true, ..manner },
            Self::ToolHive => Manner {
                headers: &[("accept", "application/json")],
                waits: Some(Duration::from_secs(10)),
                redirects: go,
                ..manner
            },
            Self::Docker => Manner { waits: Some(Duration::from_secs(20)), redirects: go, https: true, ..manner },
            Self::Apm => Manner {
                headers: &[("accept", "*/*")],
                waits: Some(Duration::from_secs(30)),
                most: limits::APM_BYTES,
                redirects: 30,
                ..manner
            },
            Self::Kiro => Manner { headers: &[("accept", "*/*")], ..manner },
        }
    }

    pub(super) fn calls(self, visit: &mut Visit) {
        match self {
            Self::VsCode => vscode::calls(visit),
            Self::Copilot => copilot::calls(visit),
            Self::CopilotCli => copilot_cli::calls(visit),
            Self::Thv => thv::calls(visit),
            Self::ToolHive => toolhive::calls(visit),
            Self::Docker => docker::calls(visit),
            Self::Apm => apm::calls(visit),
            Self::Kiro => kiro::calls(visit),
        }
    }
}
