//! `gazette serve`: a registry over HTTP, from memory.

use std::{
    io::Write,
    net::SocketAddr,
    process::ExitCode,
    sync::{Arc, mpsc::channel},
};

use crate::{
    adapters::terminal::note,
    cli::{LogForm, Serve},
    report,
    serve::{Form, Running, Server},
};

use super::{TO_FIX, preview::Preview};

pub(super) fn run(serve: &Serve, colour: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let server = Arc::new(Server::new(form(serve.log)));
    let running = Running::begin(SocketAddr::new(serve.listen, serve.port), Arc::clone(&server))?;
    let (tell, told) = channel();
    // Whoever no longer listens is stopping already.
    running.on_signal(move || tell.send(()).unwrap_or_default())?;
    let address = running.address;
    note(&format!("listening at http://{address}/ while the registry is read"));

    let mut preview = Preview { data: serve.data.clone(), as_of: serve.as_of, server, is_watching: serve.watch, seen: None };
    let source = match preview.begin()? {
        Ok(source) => source,
        Err(report) => {
            running.end();
            out.write_all(report::text::render(&report, colour).as_bytes())?;
            note("nothing is served: these files would be missing from the site; `gazette check` says more");
            return Ok(ExitCode::from(TO_FIX));
        }
    };
    note(&format!("serving {} at http://{address}/", preview.summary()));
    preview.judge(&source, colour);
    drop(source);
    if serve.watch {
        preview.watch(&told, colour);
    } else {
        // It ends when the sender has told, or is gone.
        let _ = told.recv();
    }

    note("stopping: no new connections, and what was asked is answered");
    if !running.end() {
        note("a request was cut off");
    }
    Ok(ExitCode::SUCCESS)
}

fn form(log: LogForm) -> Option<Form> {
    match log {
        LogForm::Text => Some(Form::Text),
        LogForm::Json => Some(Form::Json),
        LogForm::None => None,
    }
}
