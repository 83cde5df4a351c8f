//! What redirects are compared with: nginx's static pixel, where nginx is installed.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::Outcome;

pub const PIXEL: &str = "/pixel.gif";

pub struct Nginx {
    child: Child,
    /// Host and port.
    pub address: String,
}

impl Nginx {
    /// One worker on a free port; `None` where there is no nginx.
    pub fn start(folder: &Path) -> Outcome<Option<Nginx>> {
        fs::create_dir_all(folder)?;
        let folder = folder.canonicalize()?;
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        fs::write(folder.join("nginx.conf"), settings(&address))?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).args(["-c", "nginx.conf", "-e", "error.log"]);
        let Ok(child) = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn() else { return Ok(None) };
        let nginx = Nginx { child, address };
        for _ in 0..100 {
            if TcpStream::connect(&nginx.address).is_ok() {
                return Ok(Some(nginx));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(format!("nginx did not start; {} says why", folder.join("error.log").display()).into())
    }
}

fn settings(address: &str) -> String {
    let folders: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("    {name}_temp_path {name};\n"))
        .collect();
    format!(
        "daemon off;\nworker_processes 1;\npid nginx.pid;\nevents {{}}\nhttp {{\n    access_log off;\n    keepalive_requests 1000000;\n{folders}    \
         server {{ listen {address}; location = {PIXEL} {{ empty_gif; }} }}\n}}\n"
    )
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its worker goes with it only where it is asked to stop.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}
